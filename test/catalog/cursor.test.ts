import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { decodeCursor, encodeCursor, listCursor, listName, listPosition } from "../../src/catalog/cursor.ts";
import { ApiError } from "../../src/protocol/errors.ts";

const POSITION = { t: 1_764_000_000_123_456, id: "sesn_01x" };
const LIST = listName("sessions", "default");
const cursor = listCursor(LIST, "desc", POSITION);

function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError && error.wire.status === 400) return error.wire.message;
  }
  throw new Error("was accepted");
}
const read = (text: string) => listPosition(LIST, "desc", {}, text);

test("a cursor gives back its place and direction", () => {
  expect(cursor).toMatch(/^page_[A-Za-z0-9_-]+$/);
  expect(read(cursor)).toEqual(POSITION);
  const back = listCursor(LIST, "asc", { ...POSITION, back: true });
  expect(listPosition(LIST, "asc", {}, back)).toEqual({ ...POSITION, back: true });
});

test("a cursor holds for its own order", () => {
  expect(refused(() => listPosition(LIST, "asc", {}, cursor))).toMatch(/^page: .*order=desc/);
});

test.each<[string, string]>([
  ["of another list", listName("agents", "default")],
  ["of another workspace", listName("sessions", "other")],
  ["of one agent's versions", listName("sessions", "default", "agent_1")],
  ["whose words are cut elsewhere", listName("session", "sdefault")],
])("a cursor %s is none of this list", (_, list) => {
  const other = listCursor(list, "desc", POSITION);
  expect(listPosition(list, "desc", {}, other)).toEqual(POSITION);
  expect(refused(() => read(other))).toMatch(/^page: not a cursor of this list/);
});

test.each([
  ["gt", POSITION.t],
  ["gte", POSITION.t + 1],
  ["lt", POSITION.t],
  ["lte", POSITION.t - 1],
] as const)("a created_at[%s] that excludes the cursor is refused", (side, bound) => {
  expect(refused(() => listPosition(LIST, "desc", { [side]: bound }, cursor))).toContain("created_at");
  const fine = side.startsWith("g") ? bound - 1 : bound + 1;
  expect(listPosition(LIST, "desc", { [side]: fine }, cursor)).toEqual(POSITION);
});

const known = (text: string) => {
  try {
    return decodeCursor(LIST, "desc", text, (place) => place);
  } catch {
    return null;
  }
};

test("every edit of one character, every cut and every addition is noticed", () => {
  const letters = "ABab01_-";
  let edits = 0;
  for (let i = 0; i < cursor.length; i++) {
    for (const letter of letters) {
      if (cursor[i] === letter) continue;
      edits++;
      expect(known(cursor.slice(0, i) + letter + cursor.slice(i + 1))).toBeNull();
    }
    expect(known(cursor.slice(0, i))).toBeNull();
  }
  expect(edits).toBeGreaterThan(500);
  for (const more of ["A", "=", "==", " ", "\n", "\0", "%", "."]) expect(known(cursor + more)).toBeNull();
  expect(known(cursor)).not.toBeNull();
});

/** What somebody makes who knows how: its checksum is right. */
function made(text: string): string {
  const sum = createHash("sha256").update(`${LIST}\n${text}`).digest().subarray(0, 16);
  return `page_${Buffer.concat([sum, Buffer.from(text)]).toString("base64url")}`;
}
const unsummed = (value: unknown) => `page_${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
const { t, id } = POSITION;

test.each([
  ["nothing", ""],
  ["only the prefix", "page_"],
  ["another prefix", cursor.replace("page_", "next_")],
  ["not base64", "page_%%%"],
  ["one without a checksum", unsummed(["desc", t, id, 0])],
  ["one with an empty checksum", `page_${"A".repeat(22)}`],
  ["a huge one", encodeCursor(LIST, "desc", [t, "x".repeat(400), 0])],
  ["a computed one that is no JSON", made("[")],
  ["a computed one that is no list", made("{}")],
  ["a computed one of no order", made(JSON.stringify(["up", t, id, 0]))],
  ["a computed one without a time", made(JSON.stringify(["desc", "x", id, 0]))],
  ["a computed one of a broken time", made(JSON.stringify(["desc", 0.5, id, 0]))],
  ["a computed one of a time past all times", made('["desc",1e999,"x",0]')],
  ["a computed one without an id", made(JSON.stringify(["desc", t, null, 0]))],
  ["a computed one of no direction", made(JSON.stringify(["desc", t, id, 2]))],
  ["a computed one with more", made(JSON.stringify(["desc", t, id, 0, 0]))],
])("%s is no cursor", (_, text) => {
  expect(refused(() => read(text))).toMatch(/^page: not a cursor/);
});

test("a computed cursor of a place is like one that was given", () => {
  expect(read(made(JSON.stringify(["desc", t, id, 0])))).toEqual(POSITION);
});
