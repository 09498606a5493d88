/** What a failing storage is called in the operator's lines, and how often it is told. */
import { expect, test } from "vitest";
import { outageLine } from "../../src/log/outage.ts";
import { storageFailure } from "../../src/log/refused.ts";

test("a storage's failure has SQLite's most exact name; anything else has none, whatever it says", () => {
  const io = new Error("D1_ERROR: disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_WRITE)");
  expect(storageFailure(io)).toBe("SQLITE_IOERR_WRITE");
  expect(storageFailure(new Error("database or disk is full: SQLITE_FULL"))).toBe("SQLITE_FULL");
  expect(storageFailure(new Error("a client's SQLITE_SECRET"))).toBe(null);
  expect(storageFailure("SQLITE_FULL")).toBe(null);
});

test("an outage is told once in a while, by kind, without the error's text", () => {
  const full = new Error("INSERT INTO secrets: SQLITE_FULL");
  const line = outageLine("standing", full, { workspace: "team" });
  const told = { level: "error", event: "standing", workspace: "team", error: "Error", storage: "SQLITE_FULL" };
  expect(JSON.parse(line ?? "")).toEqual(told);
  expect(outageLine("standing", full)).toBe(null);
  expect(JSON.parse(outageLine("sweep", "no error") ?? "")).toEqual({
    level: "error",
    event: "sweep",
    error: "string",
  });
});
