/** Bugs of others in how a turn is given up, and what becomes of what waited (reliability.md §1c). */
import { expect, test } from "vitest";
import { MAX_BOOT_STREAK, MAX_SAME_FAILURES, MAX_TOOL_ROUNDS } from "../../src/brain/decide.ts";
import { newTurn } from "../../src/log/state.ts";
import { text, use } from "../support/open-session.ts";
import { conversation, StrictSession, said } from "./strict-session.ts";

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
    const turn = { ...newTurn(), rounds: MAX_TOOL_ROUNDS - 1 };
    session.log.state = { ...session.log.state, threads: [{ ...session.primary, turn }] };
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
