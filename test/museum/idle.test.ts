/** Bugs of others in idle: before the results, with two of them, or without what was answered (reliability.md §1c). */
import { expect, test } from "vitest";
import { MAX_BOOT_STREAK } from "../../src/brain/decide.ts";
import type { Batch } from "../../src/log/batch.ts";
import { text, use } from "../support/open-session.ts";
import { everyDeath } from "./killed.ts";
import { SCENARIOS } from "./scenarios.ts";
import { StrictSession, said } from "./strict-session.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("B22: no idle is published while a call is open, at no moment of any session", async () => {
  const open: string[] = [];
  const watch = (session: StrictSession) => {
    const { commit } = session.ports;
    session.ports.commit = (batch: Batch) => {
      const rows = commit(batch);
      open.push(...tooEarly(session));
      return rows;
    };
  };
  const tooEarly = (session: StrictSession) => session.violations("I2");
  for await (const session of everyDeath(
    [{ blocks: [use("bash"), use("write"), use("ask_user")] }, { blocks: [text("done")] }],
    2,
  )) {
    watch(session);
    await session.settle();
    session.answer();
    await session.settle();
    expect(session.primary.status).toBe("idle");
  }
  for (const play of Object.values(SCENARIOS)) open.push(...tooEarly(await play()));
  expect(open).toEqual([]);
  // The control: an idle pushed in front of the result.
  const session = await said([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  session.sql.exec(
    "UPDATE events SET type = 'session.status_idle', body = '{\"stop_reason\":{\"type\":\"end_turn\"}}' WHERE type = 'agent.tool_result'",
  );
  expect(tooEarly(session)).not.toEqual([]);
});

test("B22: an outcome that comes in the very moment of an interrupt is dropped: one result, before the idle", async () => {
  let dropped = 0;
  for (let ticks = 0; ticks < 12; ticks++) {
    const session = new StrictSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
    session.result = (call) => {
      const outcome = Promise.resolve({
        content: [{ type: "text" as const, text: `ran ${call.name}` }],
        isError: false,
      });
      let then: Promise<unknown> = outcome;
      for (let i = 0; i < ticks; i++) then = then.then(() => {});
      void then.then(() => session.post({ type: "user.interrupt" }));
      return outcome;
    };
    session.say("go");
    await session.settle();
    await turn();
    const results = session.events("agent.tool_result");
    expect(results, `${ticks} ticks`).toHaveLength(1);
    expect(session.violations("I2", "I3")).toEqual([]);
    dropped += results[0]?.is_error === true ? 1 : 0;
  }
  // The control: some came first and some did not.
  expect(dropped).toBeGreaterThan(0);
  expect(dropped).toBeLessThan(12);
});

test("B22: an answer that came early keeps its words when the turn is given up before its turn", async () => {
  const session = new StrictSession([{ blocks: [use("bash"), use("ask_user")] }]);
  session.result = () => new Promise(() => {});
  session.say("go");
  void session.run();
  await turn();
  const custom = session.primary.calls.find((call) => call.family === "custom")?.id;
  session.post({ type: "user.custom_tool_result", body: { custom_tool_use_id: custom }, content: [text("42")] });
  for (let n = 0; n < MAX_BOOT_STREAK; n++) session.boot();
  await session.settle();
  expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
  expect(session.events("user.custom_tool_result").map((event) => event.content)).toEqual([[text("42")]]);
  expect(session.events("agent.tool_result").map((event) => event.is_error)).toEqual([true]);
  expect(session.violations("I2", "I3")).toEqual([]);
});
