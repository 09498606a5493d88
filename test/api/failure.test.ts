/** What a client and the operator are told when the storage fails under a request: as the runtime says it, in its own words. */
import { expect, test, vi } from "vitest";
import { newId } from "../../src/protocol/ids.ts";
import { call, testServer } from "./harness.ts";

const server = testServer();

/** The answer to a message whose object fails so, and the line of the log. */
async function failing(error: Error) {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  server.objects.failNext = error;
  const events = [{ type: "user.message", content: [{ type: "text", text: "hello" }] }];
  const { status, body, headers } = await call(server, "POST", `/v1/sessions/${newId("sesn")}/events`, { events });
  const line = JSON.parse(String(told.mock.calls[0]?.[0])) as { storage?: string };
  told.mockRestore();
  return { status, body, retry: headers.get("x-should-retry"), storage: line.storage };
}

const reset = (message: string) => Object.assign(new Error(message), { durableObjectReset: true });

test.each([
  ["a full disk", reset("database or disk is full: SQLITE_FULL"), "storage is full", "SQLITE_FULL"],
  [
    "a failing disk",
    reset("disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_FSYNC)"),
    "storage failed",
    "SQLITE_IOERR_FSYNC",
  ],
  ["a damaged file", new Error("database disk image is malformed: SQLITE_CORRUPT"), "storage failed", "SQLITE_CORRUPT"],
  ["D1 on a full disk", new Error("D1_ERROR: database or disk is full: SQLITE_FULL"), "storage is full", "SQLITE_FULL"],
  ["an object put away", reset("topsecret"), "restarted", undefined],
  ["an object that cannot start", new Error("internal error; reference = abc"), "restarted", undefined],
  ["anything else", new Error("topsecret SQLITE_CONSTRAINT"), "internal error", undefined],
])("%s is told in words, and tried again by clients", async (_, error, words, storage) => {
  const answer = await failing(error);
  expect(answer).toMatchObject({ status: 500, retry: null, body: { error: { type: "api_error" } } });
  expect(answer.body.error?.message).toContain(words);
  expect(answer.body.error?.message).not.toMatch(/topsecret|SQLITE|reference/);
  expect(answer.storage).toBe(storage);
});

test("an object with too much to do is none whose storage failed", async () => {
  const { status, body } = await failing(Object.assign(new Error("overloaded"), { overloaded: true }));
  expect({ status, type: body.error?.type }).toEqual({ status: 529, type: "overloaded_error" });
});
