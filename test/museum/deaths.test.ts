/** Bugs of others in what a turn survives, and for how long: instances that die under it, and waiting (reliability.md §1c). */
import { expect, test } from "vitest";
import { decide, MAX_BOOT_STREAK, MAX_BOOTS_IN_TURN } from "../../src/brain/decide.ts";
import { liveOf } from "../../src/brain/thread.ts";
import { Log } from "../../src/log/log.ts";
import { type Answer, text, use } from "../support/open-session.ts";
import { everyDeath } from "./killed.ts";
import { StrictSession, said } from "./strict-session.ts";

const SCRIPT: Answer[] = [{ blocks: [text("look"), use("bash", { n: 1 })] }, { blocks: [text("done")] }];
const HOUR_MICROS = 3_600_000_000;
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("B8: a session that was evicted at any point has a timer that wakes it, and needs nobody to come to rest", async () => {
  const stuck = (session: StrictSession) => {
    const timers = JSON.parse(String(session.sql.exec("SELECT timers FROM meta")[0]?.timers)) as {
      turn?: number;
      retry?: number;
    };
    const { status } = session.primary;
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
  expect(rescheduled.primary.status).toBe("rescheduling");
  expect(stuck(rescheduled)).toBe(false);
  // The control: a session without its timer sleeps for ever.
  rescheduled.sql.exec("UPDATE meta SET timers = '{}'");
  expect(stuck(rescheduled)).toBe(true);
});

/** Boots until the turn ends, each instance dying `after` it was told to run; how many boots and model requests that took. */
async function boots(session: StrictSession, most: number, apartMicros: number, each?: () => void): Promise<number> {
  for (let n = 0; n < most; n++) {
    if (session.primary.status === "idle") return n;
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
  expect(session.primary.status).toBe("idle");
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

test("B10: waiting for a person costs no budget, however long it takes and however often the session is put away", async () => {
  const session = await said([{ blocks: [use("write"), use("ask_user")] }, { blocks: [text("thanks")] }]);
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
    expect(decide(session.log.state, 0, liveOf(session.ports)).kind).toBe("wait");
  }
  expect(session.calls).toHaveLength(1);
  finish();
  await run;
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
});
