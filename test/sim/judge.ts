import type { Catalog } from "./d1.ts";
import type { Objects } from "./objects.ts";
import type { Story } from "./office.ts";
import type { World } from "./world.ts";

type Expect = (holds: boolean, otherwise: string) => void;

/** What is not as it must be after a story. `heard`: the client knows of its session. */
export function judge({ ends, patient }: Story, heard: boolean, objects: Objects, catalog: Catalog): string[] {
  const wrong: string[] = [];
  const expect: Expect = (holds, otherwise) => void (holds || wrong.push(otherwise));
  const worlds = [...objects.worlds.values()];
  const rows = catalog.rows("SELECT id, status, archived_at FROM sessions");
  const sessions = worlds.filter((world) => world.cell.sql.tables.length > 0);
  const halfMade = rows.some((row) => row.status === "creating");
  expect(!objects.restless, "it does not come to rest");
  expect(rows.length === sessions.length, `${rows.length} rows in the catalog, ${sessions.length} sessions in objects`);
  expect(!halfMade, "a row is half made");
  expect(rows.length <= 1, `one request made ${rows.length} sessions`);
  if (patient) expect(heard, "the client never got an answer");
  if (heard && ends === "nothing") expect(rows.length === 1, "a session that was acknowledged is gone");
  for (const world of sessions) judgeSession(world, rows[0]?.archived_at != null, expect);
  if (ends === "delete" && patient) judgeDeleted(worlds, rows.length, expect);
  return wrong;
}

function judgeSession(world: World, archived: boolean, expect: Expect): void {
  const types = world.cell.sql.rows("events").map((row) => row.type);
  const first = types.filter((type) => type === "user.message").length;
  expect(first === 1, `the first message is there ${first} times`);
  expect(!types.includes("x.deleting"), "a deletion that was begun has not ended");
  const differ = types.includes("x.archived") !== archived;
  expect(!differ, "the catalog and the session differ on whether it is archived");
}

function judgeDeleted(worlds: World[], rows: number, expect: Expect): void {
  expect(rows === 0, "a deleted session is in the catalog");
  for (const world of worlds) {
    expect(world.bucket.size === 0, "a deleted session left large contents");
    expect(world.hand.machines.alive === 0, "a deleted session left a machine");
    expect(world.cell.alarm === null, "a deleted session has an alarm");
  }
}
