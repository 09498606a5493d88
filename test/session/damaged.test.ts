/** A row that cannot be read, wherever it stands: its turn ends and says why, and nothing is asked, run or woken for ever (reliability.md C33). */
import { expect, test } from "vitest";
import { DONE, draft, type Hand, handled, said, toolUse } from "../story/by-hand.ts";
import { END_TURN, error, typesOf } from "../story/words.ts";

const { open } = handled();

const TORN = '{"torn":';
/** Not that it was interrupted too often, which would send its reader after crashes that there were none of. */
const UNREADABLE = "A part of the session's log cannot be read, so the turn was ended.";
const GIVEN_UP = typesOf(error("unknown_error", "exhausted"), END_TURN);

/** How the newest error puts it. */
function saidError(hand: Hand): string {
  const { error } = JSON.parse(String(hand.rows("session.error").at(-1)?.body)) as { error: { message: string } };
  return error.message;
}

test("a call that cannot be read after a crash ends its turn at the next boot", async () => {
  const hand = await open([toolUse("bash")]);
  await hand.create([said("go")]);
  await hand.until("agent.tool_use");
  hand.sql("UPDATE events SET body = ? WHERE type = 'agent.tool_use'", TORN);
  hand.world.end("crash");
  await hand.alarms(1);
  expect(hand.types().slice(-4)).toEqual(GIVEN_UP);
  expect(hand.status()).toBe("idle");
  expect(saidError(hand)).toBe(UNREADABLE);
  expect(hand.world.model.bodies).toHaveLength(1);
});

test("a turn that is sealed for its boots says that, and not that its log is damaged", async () => {
  const hand = await open([toolUse("bash")]);
  await hand.create([said("go")]);
  await hand.until("agent.tool_use");
  const [meta] = hand.world.cell.sql.rows("meta");
  const boots = "UPDATE meta SET epoch = ?, boots_in_turn = ?, boot_streak = ?, last_boot = ? WHERE k = 1";
  hand.world.cell.sql.exec(boots, meta?.epoch as number, 9, 9, hand.world.now);
  hand.world.end("crash");
  await hand.alarms(1);
  expect(hand.types().slice(-4)).toEqual(GIVEN_UP);
  expect(hand.rows("x.sealed")).toHaveLength(1);
  expect(saidError(hand)).toContain("interrupted too often");
});

test("an answer in the inbox that cannot be read does not keep its turn from being ended", async () => {
  const [bash, first, second] = [toolUse("bash"), toolUse("ask_user", "toolu_1"), toolUse("ask_user", "toolu_2")];
  const hand = await open([{ how: "complete", blocks: [...bash.blocks, ...first.blocks, ...second.blocks] }]);
  await hand.create([said("go")]);
  await hand.until("agent.tool_use");
  // It waits for the answer to the call before its own, while the session runs another.
  const id = hand.rows("agent.custom_tool_use")[1]?.id;
  await hand.post([draft("user.custom_tool_result", { custom_tool_use_id: id, is_error: false }, "yes")]);
  expect(hand.world.cell.sql.rows("inbox")).toHaveLength(1);
  expect(hand.status()).toBe("running");
  hand.sql("UPDATE inbox SET body = ? WHERE n > 0", TORN);
  hand.world.end("crash");
  await hand.alarms(1);
  expect(hand.types().slice(-4)).toEqual(GIVEN_UP);
  expect(hand.status()).toBe("idle");
  expect(saidError(hand)).toBe(UNREADABLE);
  // Acknowledged: it is not thrown away.
  expect(hand.world.cell.sql.rows("inbox")).toHaveLength(1);
});

test("a turn that waits for its next attempt and cannot be read is ended too", async () => {
  const hand = await open([{ how: "refused", kind: "overloaded" }]);
  await hand.create([said("go")]);
  await hand.flow();
  expect(hand.status()).toBe("rescheduling");
  hand.sql("UPDATE events SET note = ? WHERE type = 'span.model_request_end'", TORN);
  hand.sql("DELETE FROM snap");
  hand.world.end("crash");
  await hand.alarms(1);
  expect(hand.types().slice(-4)).toEqual(GIVEN_UP);
  expect(hand.status()).toBe("idle");
  expect(saidError(hand)).toBe(UNREADABLE);
});

test("an input that cannot be read ends the turn that wants to run it", async () => {
  const hand = await open([toolUse("write")]);
  await hand.create([said("go")]);
  await hand.flow();
  const id = hand.rows("agent.tool_use")[0]?.id;
  hand.sql("UPDATE events SET body = ? WHERE type = 'agent.tool_use'", TORN);
  await hand.post([draft("user.tool_confirmation", { tool_use_id: id, result: "allow" })]);
  await hand.flow();
  expect(hand.types().slice(-5)).toEqual(["agent.tool_result", ...GIVEN_UP]);
  expect(saidError(hand)).toContain("damaged at event");
  expect(hand.world.hand.entries.size).toBe(0);
});

test("an agent that cannot be read ends each turn at once, and the catalog hears of the session all the same", async () => {
  const hand = await open([DONE, DONE]);
  await hand.create([said("go")]);
  await hand.flow();
  await hand.alarms();
  await hand.world.through(hand.world.call((session) => session.update("default", { agent: { tools: [] } })));
  await hand.post([said("more")]);
  await hand.flow();
  hand.sql("UPDATE events SET body = ? WHERE type = 'session.updated'", TORN);
  hand.world.end("crash");
  const asked = hand.world.model.bodies.length;
  await hand.post([said("again")]);
  await hand.flow();
  expect(hand.types().slice(-4)).toEqual(GIVEN_UP);
  expect(saidError(hand)).toContain("session.updated");
  expect(hand.world.model.bodies).toHaveLength(asked);
  // The timers come to an end: an alarm that failed would go off again every second.
  expect((await hand.alarms()).fired).toBeLessThan(5);
  expect(hand.world.cell.alarm).toBeNull();
});

test.each([5, 4])(
  "a loop that fails %i times in a row: five end its turn, and the next message is answered",
  async (times) => {
    let left = 0;
    const hand = await open([toolUse("write"), DONE, DONE], (query) => {
      // What a call's input is read by.
      if (left === 0 || !query.startsWith("SELECT * FROM events WHERE thread = ? AND seq = ?")) return;
      left -= 1;
      throw new TypeError("a fault of the code");
    });
    await hand.create([said("go")]);
    await hand.flow();
    left = times;
    await hand.post([
      draft("user.tool_confirmation", { tool_use_id: hand.rows("agent.tool_use")[0]?.id, result: "allow" }),
    ]);
    await hand.flow();
    const { seconds } = await hand.alarms();
    expect(left).toBe(0);
    expect(seconds).toBeLessThan(300);
    if (times === 5) expect(hand.types().slice(-4)).toEqual(GIVEN_UP);
    else expect(hand.types()).not.toContain("session.error");
    await hand.post([said("more")]);
    await hand.flow();
    expect(hand.types().slice(-4)).not.toContain("session.error");
    expect(hand.rows("agent.message").length).toBeGreaterThan(0);
  },
);
