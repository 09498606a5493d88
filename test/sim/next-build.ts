/** What a pretended next release leaves behind: rows and a snapshot that this build does not know, or a log it must not touch. */
import { Log } from "../../src/log/log.ts";
import { INTERNAL, PRIMARY } from "../../src/log/rows.ts";
import { objectSql } from "../../src/log/sql.ts";
import { Instance } from "./instance.ts";
import { Crash } from "./points.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** The next build is deployed, serves the session for a moment, writes what only it knows, and is rolled back. */
export function nextBuild(world: World, random: Random): void {
  world.end(random.chance(0.5) ? "crash" : "zombie");
  // Its alarms are its own affair.
  world.cell.tampered = true;
  const life = new Instance(world.cell);
  const { storage } = life.context(world.init.id) as DurableObjectState;
  try {
    const log = new Log(objectSql(storage), { setAlarm: () => {} });
    if (!log.open(world.now)) return;
    log.hydrate();
    const b = log.begin(world.now * 1000);
    b.append(INTERNAL, { type: "x.next_build", body: '{"mood":"new"}', note: '{"more":[1]}' });
    if (random.chance(0.5)) b.append(PRIMARY, { type: "session.next_thing", body: '{"thing":{"nested":true}}' });
    log.commit(b);
    if (random.chance(0.5)) storage.sql.exec("UPDATE snap SET version = ? WHERE k = 0", 999);
    world.cell.settle();
  } catch (error) {
    if (!(error instanceof Crash || (error as Error).message.includes("newer"))) throw error;
  } finally {
    life.kill();
  }
}

/** The oldest build that may read the log; false when there is no log yet. */
export function setMinReader(world: World, version: number): boolean {
  if (world.cell.sql.rows("meta").length === 0) return false;
  world.cell.sql.exec("UPDATE meta SET min_reader = ? WHERE k = 1", version);
  return true;
}
