/** The two ends of a session: nothing of a create is there without the rest of it, and what cannot be read can be deleted. */
import { expect, test } from "vitest";
import { DONE, draft, handled, said, toolUse } from "../story/by-hand.ts";

const { open } = handled();

const TORN = '{"torn":';
const gone = { ok: false, error: { status: 404 } };

test.each(["INSERT INTO events", "UPDATE meta SET epoch", "INSERT INTO init"])(
  "a create that the storage refused at %s leaves nothing, and its repeat has the events",
  async (where) => {
    let full = true;
    const hand = await open([DONE], (query) => {
      if (full && query.startsWith(where)) throw new Error("SQLITE_FULL: database or disk is full");
    });
    expect(await hand.create([said("hello")])).toBeNull();
    expect(hand.world.cell.sql.tables).toEqual([]);
    full = false;
    expect(await hand.create([said("hello")])).toMatchObject({ ok: true, value: { status: "running" } });
    await hand.flow();
    expect(hand.types().filter((type) => type === "user.message")).toHaveLength(1);
    expect(hand.types().at(-1)).toBe("session.status_idle");
  },
);

test("a create that is refused leaves no tables and no alarm, and may be sent again", async () => {
  const hand = await open([DONE]);
  const wrong = draft("user.tool_confirmation", { tool_use_id: "sevt_none", result: "allow" });
  expect(await hand.create([said("hello"), wrong])).toMatchObject({ ok: false, error: { status: 400 } });
  expect(hand.world.cell.sql.tables).toEqual([]);
  expect(hand.world.cell.alarm).toBeNull();
  expect(await hand.call((session) => session.getSession("default"))).toMatchObject(gone);
  expect(await hand.create([said("hello")])).toMatchObject({ ok: true });
  await hand.flow();
  expect(hand.types().at(-1)).toBe("session.status_idle");
});

test("a repeated POST is answered as the first time, even when the session has been archived since", async () => {
  const hand = await open([DONE]);
  await hand.create();
  const sender = { key: "once", digest: "d" };
  const first = await hand.post([said("hello")], sender);
  await hand.flow();
  expect(await hand.call((session) => session.archive("default"))).toMatchObject({ ok: true });
  const again = await hand.post([said("hello")], sender);
  expect(first).toMatchObject({ ok: true });
  expect(again).toEqual(first);
  expect(hand.types().filter((type) => type === "user.message")).toHaveLength(1);
  // The control: what is no repeat is refused.
  expect(await hand.post([said("hello")], { key: "twice" })).toMatchObject({ ok: false, error: { status: 409 } });
});

/** A session whose log cannot be read, with a reader who follows it. */
async function closed() {
  const hand = await open([toolUse("bash"), DONE]);
  await hand.create([said("go")]);
  await hand.until("agent.tool_use");
  hand.world.bucket.set("sessions/sesn_01/sha", new Uint8Array(1));
  hand.sql("UPDATE events SET note = ? WHERE type = 'span.model_request_end'", TORN);
  hand.world.end("crash");
  await hand.alarms();
  expect(await hand.call((session) => session.getSession("default"))).toMatchObject({
    ok: false,
    error: { status: 500, noRetry: true },
  });
  return hand;
}

test("a session whose log cannot be read tells the catalog that it is idle, and its alarms come to an end", async () => {
  const hand = await closed();
  expect(hand.told.at(-1)).toContain("idle");
  expect(hand.world.cell.alarm).toBeNull();
});

test("its owner can delete it, with all that lies outside of it; nobody else can", async () => {
  const hand = await closed();
  expect(await hand.call((session) => session.remove("other"))).toMatchObject(gone);
  expect(hand.world.bucket.size).toBe(1);
  expect(await hand.call((session) => session.remove("default"))).toMatchObject({ ok: true });
  expect(hand.world.cell.sql.tables).toEqual([]);
  expect([hand.world.bucket.size, hand.world.hand.machines.alive, hand.world.cell.alarm]).toEqual([0, 0, null]);
  expect(await hand.call((session) => session.getSession("default"))).toMatchObject(gone);
});

test.each(["readable", "not"])("a removal that was cut off is finished by the alarm, the log being %s", async (log) => {
  const hand = await open([DONE]);
  await hand.create([said("go")]);
  await hand.flow();
  await hand.alarms();
  if (log === "not") {
    hand.sql("UPDATE events SET note = ? WHERE type = 'span.model_request_end'", TORN);
    hand.sql("DELETE FROM snap");
    hand.world.end("crash");
  }
  hand.world.bucket.set("sessions/sesn_01/sha", new Uint8Array(1));
  // It begins, and the instance dies before the catalog has answered.
  void hand.world.call((session) => session.remove("default"));
  await hand.flow(0);
  expect(hand.rows("x.deleting")).toHaveLength(1);
  hand.world.end("crash");
  expect(await hand.call((session) => session.getSession("default"))).toMatchObject(gone);
  await hand.alarms();
  expect(hand.world.cell.sql.tables).toEqual([]);
  expect(hand.world.bucket.size).toBe(0);
});
