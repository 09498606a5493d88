import type { Batch, PostRecord } from "./batch.ts";
import { contentColumn, writeBlob } from "./blob.ts";
import type { Row } from "./rows.ts";
import type { Sql } from "./sql.ts";
import { sessionStatus } from "./state.ts";

/** The statements of a commit. Called by `Log.commit` alone, inside its transaction. */

const EVENT_COLUMNS = "thread, seq, id, type, epoch, ts, n, origin, cred, body, content, note, wire";

export function writeRows(sql: Sql, batch: Batch): void {
  for (const [sha, bytes] of batch.blobs) writeBlob(sql, sha, bytes);
  for (const entry of batch.queued) insertInbox(sql, entry);
  for (const row of batch.rows) {
    if (row.n !== null && batch.consumed.includes(row.n)) moveFromInbox(sql, row);
    else insertRow(sql, row);
  }
  for (const post of batch.posts) insertPost(sql, post);
}

export function writeMeta(sql: Sql, batch: Batch, boots: { inTurn: number; streak: number }): void {
  sql.exec(
    "UPDATE meta SET epoch = ?, status = ?, last_n = ?, boots_in_turn = ?, boot_streak = ?, timers = ? WHERE k = 1",
    batch.epoch,
    sessionStatus(batch.state),
    batch.lastN,
    boots.inTurn,
    boots.streak,
    JSON.stringify(batch.timers),
  );
}

function head(row: Row) {
  return [row.thread, row.seq, row.id, row.type, row.epoch, row.ts, row.n, row.origin, row.cred, row.body] as const;
}

function insertRow(sql: Sql, row: Row): void {
  sql.exec(
    `INSERT INTO events (${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...head(row),
    contentColumn(row.content),
    row.note,
    contentColumn(row.wire),
  );
}

/** The content is copied inside the database: it may be as long as everything that waits. */
function moveFromInbox(sql: Sql, row: Row): void {
  const values = "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, content, NULL, NULL FROM inbox WHERE n = ?";
  sql.exec(`INSERT INTO events (${EVENT_COLUMNS}) ${values}`, ...head(row), row.n);
  sql.exec("DELETE FROM inbox WHERE n = ?", row.n);
}

function insertInbox(sql: Sql, entry: Batch["queued"][number]): void {
  sql.exec(
    "INSERT INTO inbox (n, id, type, cred, body, content) VALUES (?, ?, ?, ?, ?, ?)",
    entry.n,
    entry.id,
    entry.type,
    entry.cred,
    entry.body,
    contentColumn(entry.content),
  );
}

function insertPost(sql: Sql, post: PostRecord): void {
  sql.exec(
    "INSERT OR REPLACE INTO posts (key, digest, retry, at, echo) VALUES (?, ?, ?, ?, ?)",
    post.key,
    post.digest,
    post.retry,
    post.at,
    JSON.stringify(post.echo),
  );
}
