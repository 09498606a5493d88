/**
 * Keeps the logs of this release: `node test/museum/releases/write.ts 0.1` writes `0.1/<scenario>.json`, once, when a release is made. Files
 * that are there are never written again: every later build must go on reading them.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SCENARIOS } from "../scenarios.ts";
import { cutAt, type Tables, tablesOf, toJson } from "../tables.ts";

const KEPT = ["plain", "tools", "ask", "custom", "interrupt", "failures", "queue", "truncated"];
const [release] = process.argv.slice(2);
if (!release || !/^\d+\.\d+$/.test(release))
  throw new Error("say which release: node test/museum/releases/write.ts 0.1");
const folder = resolve(import.meta.dirname, release);
mkdirSync(folder, { recursive: true });
for (const name of KEPT) {
  const { sql, log } = await (SCENARIOS[name] as NonNullable<(typeof SCENARIOS)[string]>)();
  const whole = tablesOf(sql);
  keep(name, whole);
  // One that was cut off in the middle of a turn.
  keep(`${name}-cut`, cutAt(whole, Math.floor(log.state.seq / 2), true));
}

function keep(name: string, tables: Tables): void {
  const path = resolve(folder, `${name}.json`);
  if (existsSync(path)) throw new Error(`${path} is there already; a release's logs are written once`);
  writeFileSync(path, `${toJson(tables)}\n`);
}
