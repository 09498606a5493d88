import { env } from "cloudflare:test";
import { beforeAll, expect, it } from "vitest";
import { BARE_PROVISION } from "../../src/hands/machine.ts";
import { sandboxHand } from "../../src/hands/sandbox/client.ts";
import { HOSTILE, PREPARE } from "./hostile.ts";

/** Milliseconds for a case that only the clock ends; how late other sessions are is measured by test/bench/hostile.ts. */
const TIMEOUT_MS = 700;

let count = 0;
async function run(session: string, input: Record<string, unknown>) {
  const key = `${session}/${++count}`;
  const call = { key, hand: "sandbox", name: "bash", input, digest: key, epoch: 1, deadline: Date.now() + 60_000 };
  const { content, isError } = await sandboxHand(env.SANDBOX, session, BARE_PROVISION).execute(call);
  return { text: content[0]!.text, isError };
}

beforeAll(async () => {
  for (const command of PREPARE) expect(await run("hostile", { command })).toMatchObject({ isError: false });
}, 60_000);

it.each(HOSTILE)("$name ends, and both sessions go on", { timeout: 30_000 }, async ({ command, end }) => {
  const [result, other] = await Promise.all([
    run("hostile", { command, restart: true, timeout_ms: end === "success" ? 20_000 : TIMEOUT_MS }),
    run("other", { command: "echo here" }),
  ]);
  expect(other).toEqual({ text: "here", isError: false });
  if (end !== "either") expect(result.isError, result.text).toBe(end === "error");
  expect(await run("hostile", { command: "pwd; wc -l < rows.csv", restart: true })).toEqual({
    text: "/workspace\n50000",
    isError: false,
  });
});
