/** The lines for the operator about errors of a session. */
import { afterEach, expect, test, vi } from "vitest";
import { Fenced } from "../../src/log/log.ts";
import { report } from "../../src/session/report.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a report writes, by the console's method. */
function written(error: unknown): { errors: unknown[]; others: unknown[] } {
  const [errors, others] = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")].map((spy) =>
    spy.mockImplementation(() => {}),
  );
  report("sesn_1", error);
  const lines = (spy: typeof errors) => (spy?.mock.calls ?? []).map(([line]) => JSON.parse(String(line)) as unknown);
  return { errors: lines(errors), others: lines(others) };
}

test("an error is told by its name, the storage's word and where it was, never by its own text", () => {
  const { errors, others } = written(new TypeError("topsecret: SQLITE_FULL"));
  expect(others).toEqual([]);
  expect(errors).toEqual([
    {
      level: "error",
      event: "error",
      session: "sesn_1",
      error: "TypeError",
      storage: "SQLITE_FULL",
      stack: expect.arrayContaining([expect.stringMatching(/^at .*report\.test\.ts/)]),
    },
  ]);
  expect(JSON.stringify(errors)).not.toContain("topsecret");
  expect(written("topsecret").errors.at(-1)).toEqual({
    level: "error",
    event: "error",
    session: "sesn_1",
    error: "string",
    stack: [],
  });
});

test("an instance that was overtaken is no error and has no stack", () => {
  expect(written(new Fenced())).toEqual({
    errors: [],
    others: [{ level: "info", event: "fenced", session: "sesn_1" }],
  });
});
