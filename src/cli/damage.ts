/** Which file of the storage keeps the runtime from starting: it says what SQLite says, and not of which. */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, resolve } from "node:path";

/** In each folder of objects: their alarms, and nothing else. Opened when the runtime starts; a session's own file not before the session. */
const ALARMS = "metadata.sqlite";
/** How every file of SQLite begins (sqlite.org/fileformat.html §1.3). */
const MAGIC = "SQLite format 3\0";

/** The files of alarms that are no databases. An empty one is a new one. */
export function damagedAlarms(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[];
  const files = names.filter((name) => basename(name) === ALARMS).map((name) => resolve(folder, name));
  return files.filter((file) => ![MAGIC, ""].includes(beginning(file)));
}

function beginning(file: string): string {
  const bytes = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, "r");
  try {
    return bytes.toString("latin1", 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
