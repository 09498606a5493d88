/** What was committed and could not be read back for the readers: it is written, and nobody hears otherwise or goes on behind a gap. */
import { expect, test } from "vitest";
import { Reader } from "../sim/reader.ts";
import { DONE, draft, type Hand, handled, said, toolUse } from "../story/by-hand.ts";

const { open } = handled();

/** A session that is read back once, in vain, when `armed`; and somebody who reads its stream. */
async function followed(answers: Parameters<typeof open>[0]) {
  const fault = { armed: false, fell: false };
  const hand = await open(answers, (query) => {
    if (!fault.armed || !query.startsWith("SELECT * FROM events WHERE thread = ? AND seq = ?")) return;
    Object.assign(fault, { armed: false, fell: true });
    throw new Error("SQLITE_IOERR: disk I/O error");
  });
  await hand.create();
  const reader = new Reader();
  await hand.world.through(reader.connect(hand.world, 0));
  return { hand, reader, fault };
}

const primary = (hand: Hand) => hand.rows().flatMap((row) => (row.thread === 0 ? [row.seq] : []));

/** The seqs that the reader has, over all its connections. */
function had(reader: Reader): number[] {
  reader.drain(true);
  return reader.connections.flatMap(({ items }) => items.flatMap((item) => (item.t === "event" ? [item.seq] : [])));
}

test("a message taken from the inbox reaches a reader who comes again, and none is skipped", async () => {
  const { hand, reader, fault } = await followed([toolUse("bash"), DONE]);
  await hand.post([said("go")]);
  await hand.until("x.dispatch");
  await hand.post([said("and this")]);
  expect(hand.world.cell.sql.rows("inbox")).toHaveLength(1);
  fault.armed = true;
  await hand.flow();
  expect(fault.fell).toBe(true);
  expect(hand.status()).toBe("idle");
  expect(reader.open).toBe(false);
  const before = had(reader);
  expect(before).toEqual(primary(hand).slice(0, before.length));
  await hand.world.through(reader.connect(hand.world, reader.cursor));
  expect(had(reader)).toEqual(primary(hand));
});

test("a post that was stored is acknowledged", async () => {
  const { hand, fault } = await followed([DONE]);
  await hand.post([draft("system.message", {}, "be brief")]);
  fault.armed = true;
  const reply = await hand.post([said("go")]);
  expect(fault.fell).toBe(true);
  expect(reply).toMatchObject({ ok: true });
  await hand.flow();
  expect(hand.rows("user.message")).toHaveLength(1);
  expect(hand.rows("system.message")).toHaveLength(1);
});
