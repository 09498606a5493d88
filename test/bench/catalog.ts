/**
 * What a thousand running sessions ask of the catalog's one writer, beside what a local D1 takes: the pushes of `session/deliveries.ts` as they are,
 * with the spending and the question that go along. `node test/bench/catalog.ts [seconds per line]`
 *
 * A running session pushes when its turn begins, when it ends, and every 15 s between: 1,000 sessions are 1,000 / 15 = 67 pushes a second, and turns
 * of a minute add 2 x 1,000 / 60 = 33 that change the status. Told every second, as release 0.1 did, it would be 1,000 a second. Two figures for each:
 * the processor time of SQLite itself (Node's, in memory), and how many a second arrive through Miniflare's D1 on this machine, with the same of
 * nothing (`SELECT 1`) as its floor.
 */
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { insertAgent } from "../../src/catalog/agents.ts";
import { insertSession } from "../../src/catalog/creation.ts";
import { insertEnvironment } from "../../src/catalog/environments.ts";
import { indexSession } from "../../src/catalog/sessions.ts";
import { spendStatements } from "../../src/catalog/spend.ts";
import { standingStatement } from "../../src/catalog/standing.ts";
import { applyMigrations } from "../../src/cli/migrate.ts";
import { PUSH_EVERY_MS } from "../../src/session/deliveries.ts";
import { definition, environment, NOW, PUSH, row } from "../catalog/rows.ts";
import { Catalog } from "../sim/d1.ts";

const SECONDS = Number(process.argv[2] ?? 3);
const SESSIONS = 1_000;
/** Pushes on their way to the emulation at the same time. */
const AT_ONCE = 32;
/** How long a turn takes, seconds. */
const TURN_SECONDS = 60;
const DAY = 20_000;

/** What runs against a database, the n-th time. */
type Work = (db: D1Database, n: number) => Promise<unknown>;

async function fill(db: D1Database): Promise<void> {
  await insertAgent(db, "w", "agent", NOW, definition);
  await insertEnvironment(db, "w", "env", NOW, environment);
  for (let i = 0; i < SESSIONS; i++) await insertSession(db, row(`s${i}`, { createdAt: NOW + i }));
  await db.prepare("UPDATE sessions SET status = 'running'").run();
}

/** Every session in turn, each with more than before. */
function push(db: D1Database, n: number, status: "running" | "idle"): Promise<unknown> {
  const id = `s${n % SESSIONS}`;
  const told = { ...PUSH, id, status, updatedAt: NOW + n, ordinal: n + 1, usage: { input_tokens: n } };
  const spend = spendStatements(db, "w", id, [{ day: DAY, units: n + 1 }]);
  return indexSession(db, told, [...spend, standingStatement(db, "w", DAY)]);
}

const WORK: Record<"nothing" | "keeps" | "changes" | "asks", [string, Work]> = {
  nothing: ["nothing", (db) => db.prepare("SELECT 1").first()],
  keeps: ["a push that keeps the status", (db, n) => push(db, n, "running")],
  changes: ["a push that changes it", (db, n) => push(db, n, Math.floor(n / SESSIONS) % 2 ? "running" : "idle")],
  asks: ["where a workspace stands, asked alone", (db) => standingStatement(db, "w", DAY).first()],
};
type Name = keyof typeof WORK;
/** So that each push is newer than those before it. */
const counts = new Map<D1Database, number>();

/** By name: runs of it until the time is over, and what each took of `clock`, milliseconds. */
async function measure(db: D1Database, name: Name, atOnce: number, clock: () => number): Promise<number> {
  const [, work] = WORK[name];
  const first = Math.ceil((counts.get(db) ?? 0) / (2 * SESSIONS)) * 2 * SESSIONS;
  let n = first;
  const [from, until] = [clock(), performance.now() + SECONDS * 1000];
  const one = async () => {
    while (performance.now() < until) await work(db, n++);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  counts.set(db, n);
  return (clock() - from) / (n - first);
}

const sqlite = new Catalog().through(async () => {});
const worker = { name: "storage", modules: true, script: "export default {}", d1Databases: ["DB"] };
const miniflare = new Miniflare({ ...convertV4MiniflareOptions({ workers: [worker] }), cf: false });
const emulated = (await miniflare.getD1Database("DB")) as unknown as D1Database;
await applyMigrations(emulated, resolve(import.meta.dirname, "../../src/catalog/migrations"));
await fill(sqlite);
await fill(emulated);

const busy = new Map<Name, number>();
for (const [name, [title]] of Object.entries(WORK) as [Name, [string, Work]][]) {
  const ms = await measure(sqlite, name, 1, () => process.cpuUsage().user / 1000);
  const each = await measure(emulated, name, AT_ONCE, () => performance.now());
  busy.set(name, ms);
  console.log(
    `${title.padEnd(38)} ${ms.toFixed(3)} ms of SQLite, ${(1000 / each).toFixed(0)} a second through Miniflare`,
  );
}
await miniflare.dispose();

const cost = (name: Name, perSecond: number) => perSecond * (busy.get(name) ?? 0);
const said = (ms: number) => `the writer computes for ${ms.toFixed(0)} ms of each second`;
const every = (SESSIONS * 1000) / PUSH_EVERY_MS;
const turns = (2 * SESSIONS) / TURN_SECONDS;
console.log(
  `${SESSIONS} running sessions, turns of ${TURN_SECONDS} s: ${every.toFixed(0)} + ${turns.toFixed(0)} pushes a second: ${said(cost("keeps", every) + cost("changes", turns))}`,
);
console.log(`told every second, as in release 0.1: ${SESSIONS} pushes: ${said(cost("keeps", SESSIONS))}`);
console.log(
  `${SESSIONS} isolates that ask every second where their workspace stands: ${said(cost("asks", SESSIONS))} more`,
);
