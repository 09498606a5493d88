import { expect, test } from "vitest";
import { HandRefused } from "../../src/hands/hand.ts";
import { Fenced } from "../../src/log/log.ts";
import { type Answer, OpenSession, text, use } from "../support/open-session.ts";

const SCRIPT = (): Answer[] => [
  { blocks: [text("look"), use("bash", { command: "one" }), use("bash", { command: "two" })] },
  { blocks: [text("done")] },
];

/** Plays a tool turn in which the instance dies right before its n-th commit; how many commits a whole turn has is found by trying. */
async function dieAt(n: number): Promise<OpenSession | null> {
  const session = new OpenSession(SCRIPT());
  let commits = 0;
  const killed = new Error("killed");
  const commit = session.ports.commit;
  session.ports.commit = (batch) => {
    commits += 1;
    if (commits === n) throw killed;
    return commit(batch);
  };
  try {
    session.say("go");
    await session.run();
    return null;
  } catch (error) {
    if (error !== killed) throw error;
  }
  session.answers.splice(
    0,
    session.answers.length,
    ...SCRIPT().slice(session.types().includes("agent.tool_use") ? 1 : 0),
  );
  session.boot();
  if (session.rows().length === 0) session.say("go");
  await session.run();
  return session;
}

test("a turn that dies before any of its commits ends like one that did not", async () => {
  let points = 0;
  for (let n = 1; ; n++) {
    const session = await dieAt(n);
    if (!session) break;
    points += 1;
    expect(session.primary.status, `died before commit ${n}`).toBe("idle");
    expect(session.log.state.stop).toEqual({ type: "end_turn" });
    expect(session.events("agent.tool_result")).toHaveLength(2);
    expect(session.events("agent.message").map((event) => event.content)).toEqual([
      [{ type: "text", text: "look" }],
      [{ type: "text", text: "done" }],
    ]);
    const starts = session.events("span.model_request_start").map((event) => event.id);
    const ends = session.events("span.model_request_end").map((event) => event.model_request_start_id);
    expect(ends).toEqual(starts);
    // A call that was sent twice carried the same key: the hand knows it.
    expect(new Set(session.calls.map((call) => call.key)).size).toBe(2);
  }
  expect(points).toBeGreaterThanOrEqual(5);
});

test("a request that was cut off is asked again with the same bytes", async () => {
  const session = new OpenSession([{ holds: true }, { blocks: [text("done")] }]);
  session.say("go");
  void session.run();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(session.bodies).toHaveLength(1);
  session.boot();
  await session.run();
  expect(session.bodies).toHaveLength(2);
  expect(session.bodies[1]).toBe(session.bodies[0]);
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  expect(session.events("span.model_request_end")[0]).toMatchObject({ is_error: true });
});

test("a request that never survives ends the turn after five attempts, and the next message starts anew", async () => {
  const session = new OpenSession(Array.from({ length: 5 }, () => ({ holds: true }) as const));
  session.say("go");
  for (let boot = 0; boot < 8; boot++) {
    void session.run();
    await new Promise((resolve) => setTimeout(resolve, 0));
    session.micros += 120_000_000;
    session.boot();
  }
  await session.run();
  expect(session.bodies).toHaveLength(5);
  expect(session.log.state.stop).toEqual({ type: "retries_exhausted" });
  session.answers.push({ blocks: [text("back")] });
  session.say("again");
  await session.run();
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
});

test("two boots from the same rows give the same next action and the same prompt", async () => {
  const session = new OpenSession([{ blocks: [use("ask_user")] }]);
  session.say("go");
  await session.run();
  const before = session.log.state;
  session.boot();
  session.boot();
  expect(session.log.state).toEqual(before);
});

test("a call whose hand refused this instance is sent again by the next wake, not waited for", async () => {
  const session = new OpenSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  const answer = session.result;
  session.result = () => Promise.reject(new HandRefused("stale_epoch"));
  session.say("go");
  await expect(session.run()).rejects.toThrow(Fenced);
  session.result = answer;
  expect(await session.run()).toBe("rest");
  expect(session.primary).toMatchObject({ status: "idle", stop: { type: "end_turn" } });
});
