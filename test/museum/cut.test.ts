/** A valid log cut at every seq, whole commits or not: the session comes to rest, every call is settled (I2), no request is refused (I10). */
import { expect, test } from "vitest";
import { count } from "../support/counts.ts";
import { text } from "../support/open-session.ts";
import { SCENARIOS } from "./scenarios.ts";
import { StrictSession } from "./strict-session.ts";
import { cutAt, openTables, type Tables, tablesOf } from "./tables.ts";

/** Boots on the rows, lets the session come to rest, then sends it one more message: everything that is wrong on the way. */
async function afterBoot(tables: Tables): Promise<string[]> {
  const session = new StrictSession(
    Array.from({ length: 20 }, () => ({ blocks: [text("done")] })),
    openTables(tables),
  );
  session.micros += 3_600_000_000;
  const sides: string[] = [];
  await session.settle();
  for (let i = 0; i < 3 && session.log.state.stop?.type === "requires_action"; i++) session.answer();
  await session.settle();

  if (session.primary.status !== "terminated") session.say("and now");
  await session.settle();
  sides.push(...session.refused());
  if (session.log.state.stop?.type !== "end_turn") sides.push(`I11: ends as ${JSON.stringify(session.log.state.stop)}`);
  return [...sides, ...torn(session), ...session.violations("I2", "I3")];
}

/** Calls that were made although the response that asked for them is not whole. */
function torn(session: StrictSession): string[] {
  const whole = new Set<string>();
  let asked: string[] = [];
  for (const event of session.list()) {
    if (event.type === "span.model_request_start") asked = [];
    if (event.type === "agent.tool_use") asked.push(event.id);
    if (event.type === "span.model_request_end" && event.is_error === false) for (const id of asked) whole.add(id);
  }
  return session.calls.flatMap(({ key }) => (whole.has(key.split("/")[1] as string) ? [] : [`C8: ran ${key}`]));
}

test.each(Object.keys(SCENARIOS))("the log of %s, cut anywhere, comes to rest", { timeout: 60_000 }, async (name) => {
  const whole = await (SCENARIOS[name] as () => Promise<StrictSession>)();
  const tables = tablesOf(whole.sql);
  const last = whole.log.state.seq;
  expect(last).toBeGreaterThan(15);
  const wrong: string[] = [];
  for (let seq = 0; seq <= last; seq++) {
    for (const waiting of [false, true]) {
      const said = await afterBoot(cutAt(tables, seq, waiting)).catch((error: unknown) => [`stuck: ${error}`]);
      const row = tables.events.find((one) => one.seq === seq);
      for (const one of said)
        wrong.push(`cut at ${seq} (${row?.type}, ${waiting ? "queue kept" : "queue lost"}): ${one}`);
    }
  }
  count({ cuts: 2 * (last + 1) });
  expect(wrong).toEqual([]);
});
