import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/api/cursor.ts";
import { keyOfList, openCursor, sealCursor } from "../../src/catalog/seal.ts";
import { ApiError } from "../../src/protocol/errors.ts";

const POSITION = { t: 1_764_000_000_123_456, id: "sesn_01x" };
const ROOT = "a".repeat(64);
const KEY = keyOfList(ROOT, "sessions", "default");
const cursor = encodeCursor(KEY, "desc", POSITION);

function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError && error.wire.status === 400) return error.wire.message;
  }
  throw new Error("was accepted");
}

test("a cursor gives back its place and direction", () => {
  expect(cursor).toMatch(/^page_[A-Za-z0-9_-]+$/);
  expect(decodeCursor(KEY, "desc", {}, cursor)).toEqual(POSITION);
  const back = encodeCursor(KEY, "asc", { ...POSITION, back: true });
  expect(decodeCursor(KEY, "asc", {}, back)).toEqual({ ...POSITION, back: true });
});

test("a cursor holds for its own order", () => {
  expect(refused(() => decodeCursor(KEY, "asc", {}, cursor))).toMatch(/^page: .*order=desc/);
});

test.each<[string, string]>([
  ["of another list", keyOfList(ROOT, "agents", "default")],
  ["of another workspace", keyOfList(ROOT, "sessions", "other")],
  ["of one agent's versions", keyOfList(ROOT, "sessions", "default", "agent_1")],
  ["whose words are cut elsewhere", keyOfList(ROOT, "session", "sdefault")],
  ["of another deployment", keyOfList("b".repeat(64), "sessions", "default")],
])("a cursor %s is none of this list", (_, key) => {
  const other = encodeCursor(key, "desc", POSITION);
  expect(decodeCursor(key, "desc", {}, other)).toEqual(POSITION);
  expect(refused(() => decodeCursor(KEY, "desc", {}, other))).toMatch(/^page: not a cursor of this list/);
});

test.each([
  ["gt", POSITION.t],
  ["gte", POSITION.t + 1],
  ["lt", POSITION.t],
  ["lte", POSITION.t - 1],
] as const)("a created_at[%s] that excludes the cursor is refused", (side, bound) => {
  expect(refused(() => decodeCursor(KEY, "desc", { [side]: bound }, cursor))).toContain("created_at");
  const fine = side.startsWith("g") ? bound - 1 : bound + 1;
  expect(decodeCursor(KEY, "desc", { [side]: fine }, cursor)).toEqual(POSITION);
});

test("every edit of one character, every cut and every addition is noticed", () => {
  const letters = "ABab01_-";
  let edits = 0;
  for (let i = 0; i < cursor.length; i++) {
    for (const letter of letters) {
      if (cursor[i] === letter) continue;
      edits++;
      expect(openCursor(KEY, cursor.slice(0, i) + letter + cursor.slice(i + 1))).toBeNull();
    }
    expect(openCursor(KEY, cursor.slice(0, i))).toBeNull();
  }
  expect(edits).toBeGreaterThan(500);
  for (const more of ["A", "=", "==", " ", "\n", "\0", "%", "."]) expect(openCursor(KEY, cursor + more)).toBeNull();
  expect(openCursor(KEY, cursor)).not.toBeNull();
});

const unsealed = (value: unknown) => `page_${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
test.each([
  ["nothing", ""],
  ["only the prefix", "page_"],
  ["another prefix", cursor.replace("page_", "next_")],
  ["not base64", "page_%%%"],
  ["one without a seal", unsealed(["desc", POSITION.t, POSITION.id, 0])],
  ["one with an empty seal", `page_${"A".repeat(22)}`],
  ["a huge one", sealCursor(KEY, ["desc", POSITION.t, "x".repeat(400), 0])],
])("%s is no cursor", (_, text) => {
  expect(refused(() => decodeCursor(KEY, "desc", {}, text))).toMatch(/^page: not a cursor/);
});
