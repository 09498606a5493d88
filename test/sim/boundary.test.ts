/** Layer B, the short run: a crash at every way out of an instance (reliability.md §3.3). */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Boundaries } from "./boundary.ts";

/** Together they pass every label but those of create, archive and delete. */
const SCENARIOS = 10;
/** A scenario that is also crashed at twice: a tool runs in it, so that a boot finds it running, and it has few points. */
const SHORT = 44;

let stop: () => void;
let all: Boundaries;
beforeAll(async () => {
  stop = (await import("./globals.ts")).install();
  all = (await import("./boundary.ts")).noBoundaries();
});
afterAll(() => stop());

test("a crash anywhere loses nothing and doubles nothing", { timeout: 120_000 }, async () => {
  const { enumerate, varied } = await import("./boundary.ts");
  const { play } = await import("./schedule.ts");
  for (const seed of await varied(1, SCENARIOS)) await enumerate(seed, all, false);
  for (let seed = 1; all.pairs === 0; seed++) {
    const { points } = await play({ seed, only: new Set() });
    if (points.length <= SHORT && points.some((point) => point.label === "hand.execute"))
      await enumerate(seed, all, true);
  }
  expect(all.failures.slice(0, 3)).toEqual([]);
  expect(all.singles).toBeGreaterThan(SCENARIOS * 20);
  expect(all.pairs).toBeGreaterThan(50);
});

test("create, archive and delete survive a crash of the Worker or the object at any step, and a neighbour that fails", {
  timeout: 60_000,
}, async () => {
  const { stories } = await import("./stories.ts");
  const told = await stories(false, all.table);
  expect(told.failures).toEqual([]);
  expect(told.singles).toBeGreaterThan(150);
  expect(told.failed).toBeGreaterThan(100);
});

test("every label was crashed at", async () => {
  const { uncovered } = await import("./boundary.ts");
  expect(uncovered(all.table)).toEqual([]);
  expect(uncovered(new Map())).toContain("hand.execute after");
});

/** Where each way out may be written down; everywhere else it would be a point that no crash ever falls on. */
const PORTS: [call: RegExp, files: RegExp][] = [
  [/\bsql\.exec\(/, /^(log\/|hands\/(machines\/isolate\/|sandbox\/journal\.ts$))/],
  [/(?<!async )\bfetch\(/, /^(api\/|brain\/models\/|session\/(session|rpc)\.ts$|hands\/|cli\/|console\/)/],
  [/\bsetAlarm\(/, /^(log\/log\.ts|session\/(session|runtime|recovery\/(alarm|boot))\.ts)$/],
  [/\bdelete(All|Alarm)\(/, /^(session\/session|hands\/sandbox\/sandbox)\.ts$/],
  [/\.(prepare|batch)\(/, /^(catalog\/|cli\/migrate\.ts$)/],
];

function outside(tree: Record<string, string>): string[] {
  return Object.entries(tree).flatMap(([path, text]) =>
    PORTS.filter(([call, files]) => call.test(text) && !files.test(path)).map(([call]) => `${path}: ${call.source}`),
  );
}

test("SQL, fetch and setAlarm are called in ports only, and no source knows of faults", () => {
  const src = resolve(import.meta.dirname, "../../src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const tree = Object.fromEntries(files.map((path) => [path, readFileSync(resolve(src, path), "utf8")]));
  expect(Object.keys(tree).length).toBeGreaterThan(100);
  expect(outside(tree)).toEqual([]);
  expect(
    outside({
      "brain/decide.ts": "await fetch(url)",
      "session/page.ts": "this.sql.exec(`…`)",
      "api/x.ts": "storage.setAlarm(1)",
      "session/update.ts": "await storage.deleteAll()",
      "api/y.ts": "env.DB.prepare(`…`)",
    }),
  ).toHaveLength(5);
  const hooks = Object.entries(tree).filter(
    ([path, text]) => !path.startsWith("cli/") && /crashAt|x-fault|kill-hand|test\/(sim|recovery|kill)/.test(text),
  );
  expect(hooks.map(([path]) => path)).toEqual([]);
});
