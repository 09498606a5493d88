/** What a session says it has used (spec/core.md §4.10): the sums of its requests, and the time it was running and nothing else. */
import { expect, test } from "vitest";
import { activeSeconds, usageSnapshot } from "../../src/brain/money/budget.ts";
import { initialState } from "../../src/log/state.ts";
import { OpenSession, text, use } from "../support/open-session.ts";

const SECOND = 1_000_000;

test("active time is the time in running: not the wait for a person, not the back-off, not idle", async () => {
  const session = new OpenSession([
    { blocks: [use("ask_user")] },
    { fails: "overloaded", refused: true },
    { blocks: [text("done")] },
  ]);
  session.say("go");
  await session.run();
  expect(session.log.state.runningSince).toBe(null);
  const first = activeSeconds(session.log.state, session.micros);
  expect(first).toBeGreaterThan(0);
  session.micros += 3_600 * SECOND;
  expect(activeSeconds(session.log.state, session.micros)).toBe(first);
  const [id] = session.primary.calls.map((call) => call.id);
  session.post({
    type: "user.custom_tool_result",
    body: { custom_tool_use_id: id },
    content: [{ type: "text", text: "42" }],
  });
  // Under way: counted up to now.
  const since = session.log.state.runningSince as number;
  expect(activeSeconds(session.log.state, since + 7 * SECOND)).toBe(first + 7);
  expect(activeSeconds(session.log.state, since - SECOND)).toBe(first);
  await session.run();
  session.micros += 3_600 * SECOND;
  await session.run();
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  const all = activeSeconds(session.log.state, session.micros + SECOND);
  expect(all).toBeGreaterThan(first);
  expect(all).toBeLessThan(1);
  expect(session.events("session.usage").at(-1)?.usage).toMatchObject({ active_seconds: all });
});

test("usage is empty before the first turn, and then what the requests' ends add up to", async () => {
  expect(usageSnapshot(initialState(), 0)).toEqual({});
  const session = new OpenSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  session.say("go");
  await session.run();
  const ends = session.events("span.model_request_end") as unknown as {
    model_usage: { input_tokens: number; output_tokens: number };
  }[];
  expect(ends).toHaveLength(2);
  const sum = (field: "input_tokens" | "output_tokens") => ends.reduce((all, end) => all + end.model_usage[field], 0);
  expect(session.events("session.usage").at(-1)?.usage).toMatchObject({
    input_tokens: sum("input_tokens"),
    output_tokens: sum("output_tokens"),
    cache_read_input_tokens: 0,
    server_tool_use: { web_fetch_requests: 0, web_search_requests: 0 },
  });
});

test("a request that nobody saw answered is marked as estimated, one that was refused is not and costs nothing", async () => {
  const session = new OpenSession([
    { holds: true },
    { fails: "overloaded", refused: true },
    { blocks: [text("done")] },
  ]);
  session.say("go");
  void session.run();
  await new Promise((resolve) => setImmediate(resolve));
  session.boot();
  await session.run();
  session.micros = session.primary.retryAt ?? 0;
  await session.run();
  const ends = session.rows().filter((row) => row.type === "span.model_request_end");
  const notes = ends.map(
    (row) => JSON.parse(row.note ?? "{}") as { estimated?: boolean; usage: { input: number; cost: number } },
  );
  expect(notes.map((note) => note.estimated ?? false)).toEqual([true, false, false]);
  expect(notes.map((note) => note.usage.input > 0)).toEqual([true, false, true]);
  expect(notes[1]?.usage.cost).toBe(0);
});
