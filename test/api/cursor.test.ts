import { expect, test } from "vitest";
import { decodeCursor, encodeCursor } from "../../src/api/cursor.ts";
import { ApiError } from "../../src/protocol/errors.ts";

const POSITION = { t: 1_764_000_000_123_456, id: "sesn_01x" };
const cursor = encodeCursor("sessions", "desc", POSITION);

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
  expect(decodeCursor("sessions", "desc", {}, cursor)).toEqual(POSITION);
  const back = encodeCursor("sessions", "asc", { ...POSITION, back: true });
  expect(decodeCursor("sessions", "asc", {}, back)).toEqual({ ...POSITION, back: true });
});

test("a cursor holds for its own list and order only", () => {
  expect(refused(() => decodeCursor("agents", "desc", {}, cursor))).toMatch(/^page: not a cursor of this list/);
  expect(refused(() => decodeCursor("sessions", "asc", {}, cursor))).toMatch(/^page: .*order=desc/);
});

test.each([
  ["gt", POSITION.t],
  ["gte", POSITION.t + 1],
  ["lt", POSITION.t],
  ["lte", POSITION.t - 1],
] as const)("a created_at[%s] that excludes the cursor is refused", (side, bound) => {
  expect(refused(() => decodeCursor("sessions", "desc", { [side]: bound }, cursor))).toContain("created_at");
  const fine = side.startsWith("g") ? bound - 1 : bound + 1;
  expect(decodeCursor("sessions", "desc", { [side]: fine }, cursor)).toEqual(POSITION);
});

const made = (value: unknown) => `page_${btoa(JSON.stringify(value)).replaceAll("=", "")}`;
test.each([
  ["nothing", ""],
  ["only the prefix", "page_"],
  ["another prefix", cursor.replace("page_", "next_")],
  ["not base64", "page_%%%"],
  ["not JSON", "page_aGVsbG8"],
  ["a string", made("x")],
  ["a short list", made(["sessions", "desc", 1])],
  ["a text for a time", made(["sessions", "desc", "1' OR 1=1", "x", 0])],
  ["a fraction", made(["sessions", "desc", 1.5, "x", 0])],
  ["a number for an id", made(["sessions", "desc", 1, 2, 0])],
  ["an unknown direction", made(["sessions", "desc", 1, "x", 2])],
  ["a huge one", `page_${"A".repeat(100_000)}`],
  ["a cut one", cursor.slice(0, -9)],
])("%s is no cursor", (_, text) => {
  expect(refused(() => decodeCursor("sessions", "desc", {}, text))).toMatch(/^page: not a cursor/);
});
