/** Bugs of others in how a turn ends, or does not, after crashes and refusals (reliability.md §1c). */
import { expect, test } from "vitest";
import { MAX_BOOT_STREAK, MAX_BOOTS_IN_TURN, MAX_SAME_FAILURES, MAX_TOOL_ROUNDS } from "../../src/brain/decide.ts";
import type { FailureKind } from "../../src/brain/model.ts";
import type { Batch } from "../../src/log/batch.ts";
import { Log } from "../../src/log/log.ts";
import { newTurn } from "../../src/log/state.ts";
import { type Answer, text, use } from "../support/openSession.ts";
import { everyDeath } from "./killed.ts";
import { SCENARIOS } from "./scenarios.ts";
import { conversation, StrictSession } from "./strictSession.ts";

const SCRIPT: Answer[] = [{ blocks: [text("look"), use("bash", { n: 1 })] }, { blocks: [text("done")] }];
const HOUR_MICROS = 3_600_000_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("B8: a session that was evicted at any point has a timer that wakes it, and needs nobody to come to rest", async () => {
  const stuck = (session: StrictSession) => {
    const timers = JSON.parse(String(session.sql.exec("SELECT timers FROM meta")[0]?.timers)) as {
      turn?: number;
      retry?: number;
    };
    const { status } = session.log.state;
    return (
      (status === "running" && timers.turn === undefined) || (status === "rescheduling" && timers.retry === undefined)
    );
  };
  for await (const session of everyDeath(SCRIPT, 6)) {
    expect(stuck(session)).toBe(false);
    await session.settle();
    expect(session.log.state.stop).toEqual({ type: "end_turn" });
    expect(session.log.timers.turn).toBeUndefined();
  }
  const rescheduled = new StrictSession([{ fails: "overloaded", refused: true }]);
  rescheduled.say("go");
  await rescheduled.run();
  expect(rescheduled.log.state.status).toBe("rescheduling");
  expect(stuck(rescheduled)).toBe(false);
  // The control: a session without its timer sleeps for ever.
  rescheduled.sql.exec("UPDATE meta SET timers = '{}'");
  expect(stuck(rescheduled)).toBe(true);
});

/** Boots until the turn ends, each instance dying `after` it was told to run; how many boots and model requests that took. */
async function boots(session: StrictSession, most: number, apartMicros: number, each?: () => void): Promise<number> {
  for (let n = 0; n < most; n++) {
    if (session.log.state.status === "idle") return n;
    void session.run();
    await turn();
    session.micros += apartMicros;
    each?.();
    session.boot();
  }
  return most;
}

test("B9: a turn whose instances keep dying is given up, whatever each of them got done", {
  timeout: 30_000,
}, async () => {
  const holds = Array.from({ length: 100 }, () => ({ holds: true }) as const);
  const session = new StrictSession([...holds]);
  session.say("go");
  expect(await boots(session, 80, HOUR_MICROS)).toBeLessThan(10);
  expect(session.log.state.status).toBe("idle");
  expect(session.bodies.length).toBeLessThanOrEqual(5);
  expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
  // Each instance finishes one call and dies in the next: progress ends a streak, never the sum of the turn.
  const busy = new StrictSession(Array.from({ length: 100 }, (_, n) => ({ blocks: [use("bash", { n })] })));
  let hangs = false;
  busy.result = (call) => {
    hangs = !hangs;
    return hangs
      ? Promise.resolve({ content: [{ type: "text", text: call.name }], isError: false })
      : new Promise(() => {});
  };
  busy.say("go");
  await boots(busy, 2 * MAX_BOOTS_IN_TURN, 1_000_000);
  expect(busy.log.state.stop).toEqual({ type: "retries_exhausted" });
  expect(busy.bodies.length).toBeLessThanOrEqual(MAX_BOOTS_IN_TURN + 2);
  // The control: counters that a clean alarm or progress sets back never reach their limit.
  const credited = new StrictSession([...holds]);
  credited.say("go");
  const forgive = () => void credited.sql.exec("UPDATE meta SET boots_in_turn = 0, boot_streak = 0");
  await boots(credited, 4, 1_000_000, forgive);
  expect(credited.log.boots.streak).toBeLessThanOrEqual(1);
});

test("B9: memory that runs out at every boot is counted before anything is read, and costs no model request", async () => {
  const session = new StrictSession([{ holds: true }]);
  session.say("go");
  void session.run();
  await turn();
  for (let n = 0; n < MAX_BOOT_STREAK; n++) {
    session.micros += 1_000_000;
    // Dies before `hydrate`.
    new Log(session.sql, { setAlarm: () => {} }).open(Math.floor(session.micros / 1000));
  }
  session.boot();
  await session.settle();
  expect(session.bodies).toHaveLength(1);
  expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
  session.plays([{ blocks: [text("back")] }]);
  session.say("again");
  await session.settle();
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
});

test("B10: waiting for a person costs no budget, however long it takes and however often the session is put away", async () => {
  const session = new StrictSession([{ blocks: [use("write"), use("ask_user")] }, { blocks: [text("thanks")] }]);
  session.say("go");
  await session.settle();
  for (let day = 0; day < 2 * MAX_BOOTS_IN_TURN; day++) {
    session.micros += 24 * HOUR_MICROS;
    session.boot();
    await session.run();
  }
  expect(session.log.boots).toMatchObject({ inTurn: 0, streak: 0 });
  expect(session.log.state.stop).toMatchObject({ type: "requires_action" });
  session.answer();
  await session.settle();
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  // The control: boots of a turn that runs are counted.
  const running = new StrictSession([{ holds: true }]);
  running.say("go");
  running.boot();
  expect(running.log.boots.inTurn).toBe(1);
});

test("B10: a call that takes longer than any watchdog is waited for", async () => {
  const session = new StrictSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  let finish = () => {};
  session.result = (call) =>
    new Promise(
      (resolve) => (finish = () => resolve({ content: [{ type: "text", text: call.name }], isError: false })),
    );
  session.say("go");
  const run = session.run();
  await turn();
  for (let alarms = 0; alarms < 100; alarms++) {
    session.micros += HOUR_MICROS;
    expect(await session.run()).toBe("rest");
  }
  expect(session.calls).toHaveLength(1);
  finish();
  await run;
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
});

const WAYS_TO_GIVE_UP: Record<string, () => Promise<StrictSession>> = {
  attempts: async () => said(Array.from({ length: 6 }, () => ({ fails: "server", refused: true }) as const)),
  billing: async () => said([{ fails: "billing", refused: true }]),
  auth: async () => said([{ fails: "auth", refused: true }]),
  "not configured": async () => said([{ fails: "not_configured", refused: true }]),
  invalid: async () => said([{ fails: "invalid", refused: true }]),
  rounds: async () => {
    const session = new StrictSession([{ blocks: [use("bash")] }]);
    session.say("go");
    // As if the turn had had all its rounds but one.
    session.log.state = { ...session.log.state, turn: { ...newTurn(), rounds: MAX_TOOL_ROUNDS - 1 } };
    await session.settle();
    expect(session.bodies).toHaveLength(1);
    return session;
  },
  "the same failure": async () => {
    const session = new StrictSession(
      Array.from({ length: MAX_SAME_FAILURES + 1 }, () => ({ blocks: [use("nothing_like_it")] })),
    );
    return said([], session);
  },
  boots: async () => {
    const session = new StrictSession([{ holds: true }]);
    session.say("go");
    for (let n = 0; n < MAX_BOOT_STREAK; n++) session.boot();
    await session.settle();
    return session;
  },
  "a damaged log": async () => {
    const session = await said([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
    session.sql.exec("UPDATE events SET body = '[]' WHERE type = 'agent.tool_result'");
    session.boot();
    session.say("more");
    await session.settle();
    return session;
  },
};

async function said(answers: Answer[], session = new StrictSession(answers)): Promise<StrictSession> {
  session.say("go");
  await session.settle();
  return session;
}

test.each(Object.entries(WAYS_TO_GIVE_UP))(
  "B11: a turn that is given up (%s) says so, in the commit that gives it up, and takes the next message",
  async (way, give) => {
    const session = await give();
    const types = session.types();
    const silent = (list: string[]) =>
      list.lastIndexOf("session.error") < list.lastIndexOf("session.status_running") ||
      list.at(-1) !== "session.status_idle";
    expect(silent(types)).toBe(false);
    expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
    const epochs = session.sql.exec(
      "SELECT DISTINCT epoch FROM events WHERE seq >= (SELECT max(seq) FROM events WHERE type = 'session.error')",
    );
    expect(epochs).toHaveLength(1);
    // Nothing is spent on a turn that was given up, and what made it end does not end the next one.
    const bodies = session.bodies.length;
    session.boot();
    await session.run();
    expect(session.bodies).toHaveLength(bodies);
    session.plays(Array.from({ length: 50 }, () => ({ blocks: [text("back")] })));
    session.say("again");
    await session.settle();
    expect(session.log.state.stop).toEqual({ type: way === "a damaged log" ? "retries_exhausted" : "end_turn" });
    // The controls: an end without its error, and without its idle.
    expect(silent(types.filter((type) => type !== "session.error"))).toBe(true);
    expect(silent(types.slice(0, -1))).toBe(true);
  },
);

test("B18: a response whose stream just ends is no response, and its turn is not over", async () => {
  const session = new StrictSession([{ blocks: [text("whole")] }]);
  const { stream } = session.ports.model;
  let cuts = 0;
  session.ports.model = {
    async *stream(request) {
      if (cuts++ > 0) return yield* stream(request);
      yield { type: "message_start", message: { id: "msg_cut", usage: { input_tokens: 1, output_tokens: 1 } } };
      yield { type: "content_block_start", index: 0, content_block: { type: "text", text: "par" } };
      yield { type: "content_block_stop", index: 0 };
      yield { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } };
      // No message_stop: the iterator ends like that of a whole response.
    },
  };
  session.say("go");
  await session.run();
  expect(session.log.state.status).toBe("rescheduling");
  expect(session.events("agent.message")).toEqual([]);
  await session.settle();
  expect(session.events("agent.message").map((event) => event.content)).toEqual([[text("whole")]]);
});

const FINAL: FailureKind[] = ["billing", "auth", "not_configured", "invalid"];
const PASSING: FailureKind[] = ["overloaded", "rate_limited", "server", "network", "stall", "timeout"];

test("B21: what waiting cannot heal is asked once; what it can, five times, later each time, with the same bytes", async () => {
  const asked = async (fails: FailureKind) => {
    const session = new StrictSession(Array.from({ length: 20 }, () => ({ fails, refused: true })));
    session.say("go");
    const waits: number[] = [];
    for (let i = 0; i < 20 && session.log.state.status !== "idle"; i++) {
      await session.run();
      const { retryAt, ts } = session.log.state;
      if (retryAt !== null) {
        waits.push(retryAt - ts);
        session.micros = retryAt;
      }
    }
    expect(new Set(session.bodies).size).toBe(1);
    expect(conversation(session.bodies[0])).toHaveLength(1);
    return { requests: session.bodies.length, waits };
  };
  for (const kind of FINAL) expect(await asked(kind), kind).toEqual({ requests: 1, waits: [] });
  for (const kind of PASSING) {
    const { requests, waits } = await asked(kind);
    expect(requests, kind).toBe(5);
    for (const [i, wait] of waits.entries()) if (i > 0) expect(wait).toBeGreaterThan((waits[i - 1] as number) * 1.5);
    expect(waits[0]).toBeGreaterThan(900_000);
  }
  // After all of them the model is told nothing of it.
  const session = new StrictSession([
    ...Array.from({ length: 5 }, () => ({ fails: "server", refused: true }) as const),
    { blocks: [text("ok")] },
  ]);
  session.say("one");
  await session.settle();
  session.say("two");
  await session.settle();
  expect(conversation(session.bodies.at(-1)).map((message) => message.content)).toEqual([[text("one")], [text("two")]]);
});

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
    expect(session.log.state.status).toBe("idle");
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

test("B9: a request that nobody saw answered is no progress, and what it may have cost is counted", async () => {
  const session = new StrictSession(Array.from({ length: 9 }, () => ({ holds: true }) as const));
  session.say("go");
  await boots(session, 3, 1_000_000);
  expect(session.log.boots).toMatchObject({ streak: 3, inTurn: 3 });
  void session.run();
  await turn();
  const lost = session.events("span.model_request_end") as unknown as { model_usage: { input_tokens: number } }[];
  expect(lost).toHaveLength(3);
  for (const { model_usage } of lost) expect(model_usage.input_tokens).toBeGreaterThan(0);
  // The control: an answer is progress.
  session.plays([{ blocks: [use("bash")] }]);
  session.boot();
  session.result = () => new Promise(() => {});
  void session.run();
  await turn();
  expect(session.log.boots).toMatchObject({ streak: 0, inTurn: 4 });
});

test("B11: what waited when a turn was given up is in its log, before the idle, and in the next prompt", async () => {
  const session = new StrictSession([
    { fails: "server", refused: true },
    { fails: "billing", refused: true },
  ]);
  session.say("first");
  await session.run();
  session.say("second");
  session.post(
    { type: "user.message", content: [text("third")] },
    { type: "system.message", content: [text("be brief")] },
  );
  await session.settle();
  expect(session.log.inbox).toEqual([]);
  const types = session.types();
  expect(types.lastIndexOf("system.message")).toBeLessThan(types.lastIndexOf("session.status_idle"));
  session.plays([{ blocks: [text("ok")] }]);
  session.say("fourth");
  await session.settle();
  const told = conversation(session.bodies.at(-1)).flatMap((message) => message.content.map((block) => block.text));
  expect(told).toEqual(["first", "second", "third", "fourth", "be brief"]);
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
  const custom = session.log.state.calls.find((call) => call.family === "custom")?.id;
  session.post({ type: "user.custom_tool_result", body: { custom_tool_use_id: custom }, content: [text("42")] });
  for (let n = 0; n < MAX_BOOT_STREAK; n++) session.boot();
  await session.settle();
  expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
  expect(session.events("user.custom_tool_result").map((event) => event.content)).toEqual([[text("42")]]);
  expect(session.events("agent.tool_result").map((event) => event.is_error)).toEqual([true]);
  expect(session.violations("I2", "I3")).toEqual([]);
});
