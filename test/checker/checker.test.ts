/** The checker against itself: a good dump has no violation, and one defect for each invariant is caught under its name. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Evaluations, INVARIANTS } from "./check.ts";
import { DEFECTS } from "./defects.ts";
import type { Dump } from "./dump.ts";
import type { Invariant } from "./invariant.ts";
import { refusal } from "./messages.ts";
import { bite } from "./teeth.ts";

/** Enough quiet schedules for every defect to find something to spoil. */
const DUMPS = 60;

let stop: () => void;
const good: Dump[] = [];
beforeAll(async () => {
  stop = (await import("../sim/globals.ts")).install();
  const { play } = await import("../sim/schedule.ts");
  for (let seed = 1; seed <= DUMPS; seed++) good.push((await play({ seed, only: new Set() })).dump);
});
afterAll(() => stop());

test("there is one invariant for each of I1 to I24, and one defect for each of them", () => {
  const ids = Array.from({ length: 24 }, (_, i) => `I${i + 1}`);
  expect(INVARIANTS.map((one) => one.id)).toEqual(ids);
  expect(Object.keys(DEFECTS).sort()).toEqual(ids.sort());
});

test("good dumps have no violation, and every invariant was evaluated on them", () => {
  const evaluations = new Evaluations();
  expect(good.flatMap((dump) => evaluations.check(dump))).toEqual([]);
  expect(evaluations.never).toEqual([]);
});

test.each(INVARIANTS.map((one) => [one.id, one] as const))("%s catches its defects", (_, invariant) => {
  expect(bite(invariant, good)).toEqual([]);
});

test("a defect that nobody notices, and one that fits nothing, are told", () => {
  const blind = { ...(INVARIANTS[0] as Invariant), evaluate: () => ({ evaluated: 1, violations: [] }) };
  expect(bite(blind, good)[0]).toContain("is not noticed");
  expect(bite(blind, [])[0]).toContain("fits none of 0 dumps");
  expect(bite({ ...blind, id: "I25" }, good)).toEqual(["I25 has no defect"]);
});

test("I9 goes by the intents, not by who came first", () => {
  const dump = structuredClone(good.find((one) => one.bodies.length > 2 && one.hand.length > 0) as Dump);
  const verdict = () => INVARIANTS.find((one) => one.id === "I9")?.evaluate(dump).violations;
  dump.bodies.reverse();
  expect(verdict()).toEqual([]);
  const notes = dump.inside?.rows.filter((row) => row.type === "span.model_request_start") ?? [];
  const [first, second] = [notes[0], notes[1]];
  if (!first || !second) return expect.fail("the dump has too few requests");
  [first.note, second.note] = [second.note, first.note];
  expect(verdict()?.[0]).toContain("does not begin with the one before it");
});

const body = (...messages: object[]) => JSON.stringify({ messages });
const user = { role: "user", content: [{ type: "text", text: "hi" }] };
const use = { role: "assistant", content: [{ type: "tool_use", id: "t1", name: "bash", input: {} }] };
const result = { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "ok" }] };

test.each([
  ["in order", body(user, use, result), null],
  ["no message", body(), "at least one message"],
  ["an answer first", body(use), "first message must be from the user"],
  ["a call without a result", body(user, use, user), "t1 has no tool_result"],
  ["a result without a call", body(user, result), "unexpected tool_use_id t1"],
  [
    "two results for a call",
    body(user, use, { role: "user", content: [...result.content, ...result.content] }),
    "single result",
  ],
  ["two calls of one id", body(user, use, result, use, result), "must be unique: t1"],
  [
    "a call's input that is no object",
    body(user, { role: "assistant", content: [{ ...use.content[0], input: "x" }] }, result),
    "must be an object",
  ],
  [
    "words before a result",
    body(user, use, { role: "user", content: [...user.content, ...result.content] }),
    "must come first",
  ],
  [
    "two tools of one name",
    JSON.stringify({ messages: [user], tools: [{ name: "bash" }, { name: "bash" }] }),
    "tool names must be unique: bash",
  ],
  [
    "five breakpoints",
    body({
      role: "user",
      content: Array.from({ length: 5 }, () => ({ ...user.content[0], cache_control: { type: "ephemeral" } })),
    }),
    "found 5",
  ],
  ["a role that is none", body(user, { ...user, role: "tool" }), "unexpected role tool"],
  ["empty content", body({ role: "user", content: [] }), "must not be empty"],
  ["an answer last", body(user, { role: "assistant", content: [{ type: "text", text: "a" }] }), "must end with a user"],
  [
    "a system turn in the middle",
    body({ role: "user", content: user.content }, { role: "system", content: user.content }, user),
    "must be last",
  ],
])("the Messages rules: %s", (_, text, wrong) => {
  if (wrong === null) expect(refusal(text)).toBeNull();
  else expect(refusal(text)).toContain(wrong);
});

test("a run that evaluated nothing and delivered nothing has shown nothing", async () => {
  const { gaps, nothing } = await import("../sim/seeds.ts");
  const { FAULTS } = await import("../sim/faults.ts");
  const gone = gaps(nothing());
  for (const { id } of INVARIANTS) expect(gone).toContain(`${id} was never evaluated`);
  for (const kind of FAULTS) expect(gone).toContain(`no ${kind} was delivered`);
});

test("the checker imports nothing of src/", () => {
  const folder = resolve(import.meta.dirname);
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (/(?<!\.test)\.ts$/.test(file))
      expect(readFileSync(resolve(folder, file), "utf8"), file).not.toMatch(/from "(\.\.\/)+(src|sim|support)/);
});
