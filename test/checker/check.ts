/** The one invariant checker (reliability.md §3.1): wire output and side-effect journals in, violations by name out. Imports nothing of `src/`. */
import { ACKS } from "./acks.ts";
import { COSTS } from "./costs.ts";
import type { Dump } from "./dump.ts";
import { EFFECTS } from "./effects.ts";
import type { Invariant } from "./invariant.ts";
import { LOG } from "./log.ts";
import { PROMPTS } from "./prompts.ts";
import { ROWS } from "./rows.ts";
import { STREAMS } from "./streams.ts";
import { OF_ONE_THREAD, rollUpViolations, threadViews } from "./threads.ts";
import { UPKEEP } from "./upkeep.ts";

export const INVARIANTS: Invariant[] = [
  ...ACKS,
  ...COSTS,
  ...EFFECTS,
  ...LOG,
  ...PROMPTS,
  ...ROWS,
  ...STREAMS,
  ...UPKEEP,
].sort((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)));

const isOfOneThread = ({ id }: Invariant) => OF_ONE_THREAD.includes(id);

/** How often each invariant was evaluated over many dumps. */
export class Evaluations {
  readonly counts = new Map<string, number>(INVARIANTS.map((one) => [one.id, 0]));

  /** The violations of one dump, each begun with the invariant's name. */
  check(dump: Dump): string[] {
    if (!dump.threads) return this.#evaluate(INVARIANTS, dump);
    const [each, whole] = [INVARIANTS.filter(isOfOneThread), INVARIANTS.filter((one) => !isOfOneThread(one))];
    return [
      ...this.#evaluate(whole, dump),
      ...threadViews(dump).flatMap((view, i) => this.#evaluate(each, view).map((said) => `${said} (thread ${i})`)),
      ...rollUpViolations(dump).map((said) => `I17: ${said}`),
    ];
  }

  #evaluate(invariants: readonly Invariant[], dump: Dump): string[] {
    return invariants.flatMap((one) => {
      const { evaluated, violations } = one.evaluate(dump);
      this.counts.set(one.id, (this.counts.get(one.id) ?? 0) + evaluated);
      return violations.map((violation) => `${one.id}: ${violation}`);
    });
  }

  get never(): string[] {
    return [...this.counts].filter(([, count]) => count === 0).map(([id]) => id);
  }
}
