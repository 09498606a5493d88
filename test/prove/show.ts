/** One schedule played again, step by step. */
import { Evaluations } from "../checker/check.ts";
import { KINDS } from "../sim/boundary.ts";
import { install } from "../sim/globals.ts";
import { type Choice, play } from "../sim/schedule.ts";
import { verdict } from "../sim/seeds.ts";

/** With `crashAt` it is a scenario of layer B, without it a schedule of layer A. */
export async function show(choice: Choice & { crashAt: number[] }): Promise<{ lines: string[]; violations: string[] }> {
  const restore = install();
  try {
    const kinds = choice.crashAt.length > 0 ? KINDS : null;
    const played = await play({ ...choice, kinds, trace: true });
    return { lines: played.trace, violations: verdict(played, new Evaluations()) };
  } finally {
    restore();
  }
}
