/** A session that cannot be opened, in the real object: what its health says, that asking writes nothing, and that the log tells it once. */
import { abortAllDurableObjects, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { ClosedHealth } from "../../src/protocol/health.ts";
import { init, object, sender, sql } from "../support/session-object.ts";

const alarmAt = (id: string, ms: number) =>
  runInDurableObject(env.SESSION.getByName(id), (_, state) => state.storage.setAlarm(ms));

/** A session at rest whose tables these statements have changed; its next instance finds them so. */
async function changed(...statements: string[]): Promise<string> {
  const session = init();
  await object(session.id).create(session, [], sender());
  await sql(session.id, ...statements);
  await abortAllDurableObjects();
  return session.id;
}

async function closedHealth(id: string): Promise<ClosedHealth> {
  const answer = await object(id).getHealth("default");
  if (!answer.ok || answer.value.closed === null) throw new Error(`not closed: ${JSON.stringify(answer)}`);
  return answer.value;
}

/** The lines about closing and opening, as the object writes them. */
function linesOf(...spies: { mock: { calls: unknown[][] } }[]): { [key: string]: unknown }[] {
  const lines = spies.flatMap(({ mock }) => mock.calls.map(([line]) => JSON.parse(String(line))));
  return lines.filter(({ event }) => event === "closed" || event === "opened");
}

afterEach(() => {
  vi.restoreAllMocks();
});

test("health tells the alarm and what the session's own row says, and writes nothing", async () => {
  const timers = JSON.stringify({ retry: 1_800_000_000_000 });
  const id = await changed(
    `UPDATE meta SET min_reader = 99, epoch = 7, status = 'running', boots_in_turn = 3, boot_streak = 2, last_boot = 1000, timers = '${timers}'`,
  );
  const [before] = await sql(id, "SELECT * FROM meta");
  const due = Date.now() + 600_000;
  await alarmAt(id, due);
  expect(await closedHealth(id)).toMatchObject({
    closed: { reason: "newer_build" },
    alarm: `${new Date(due).toISOString().slice(0, -1)}000Z`,
    last_event_at: null,
    epoch: 7,
    boots: { in_turn: 3, streak: 2, last: "1970-01-01T00:00:01.000000Z" },
    status: "running",
    timers: { retry: "2027-01-15T08:00:00.000000Z" },
  });
  expect(await sql(id, "SELECT * FROM meta")).toEqual([before]);
});

test("what a newer build has changed beyond recognition is null, and no error", async () => {
  const id = await changed(
    "UPDATE meta SET min_reader = 99, timers = 'elsewhere'",
    "ALTER TABLE meta RENAME COLUMN boot_streak TO streaks",
    "DROP TABLE events",
  );
  expect(await closedHealth(id)).toMatchObject({ boots: null, timers: null, last_event_at: null, last_error: null });
});

test("a session whose owner cannot be read is refused to everyone, its health too", async () => {
  const id = await changed("UPDATE meta SET min_reader = 99", "UPDATE init SET body = '[]'");
  expect(await object(id).getHealth("default")).toMatchObject({ ok: false, error: { status: 500 } });
  expect(await object(id).getHealth("other")).toMatchObject({ ok: false, error: { status: 500 } });
});

test("an error of the log that cannot be read does not keep health from answering", async () => {
  const session = init();
  await object(session.id).create(session, [], sender());
  const put = (seq: number, body: string) =>
    sql(
      session.id,
      `INSERT INTO events (thread, seq, id, type, epoch, ts, body) VALUES (0, ${seq}, 'e${seq}', 'session.error', 1, 1000000, '${body}')`,
    );
  const last = async () => {
    const health = await object(session.id).getHealth("default");
    return health.ok && health.value.last_error;
  };
  await put(1, '{"error":{"type":"billing_error","message":"No money.","retry_status":{"type":"exhausted"}}}');
  const at = "1970-01-01T00:00:01.000000Z";
  expect(await last()).toEqual({ type: "billing_error", message: "No money.", retry_status: "exhausted", at });
  await put(2, '{"torn":');
  expect(await last()).toEqual({
    type: "session.error",
    message: "it cannot be read",
    retry_status: "unknown",
    at,
  });
});

test("one that is tried again is told once when it closes and once when it opens", async () => {
  const spies = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")].map((spy) => spy.mockImplementation(() => {}));
  const id = await changed("DELETE FROM snap", "ALTER TABLE events RENAME TO elsewhere");
  const { since } = (await closedHealth(id)).closed;
  for (let i = 0; i < 2; i++) {
    await abortAllDurableObjects();
    // The same since then, whichever instance is asked.
    expect((await closedHealth(id)).closed).toMatchObject({ reason: "not_opened", error: "SQLITE_ERROR", since });
  }
  await sql(id, "ALTER TABLE elsewhere RENAME TO events");
  await abortAllDurableObjects();
  expect(await object(id).getHealth("default")).toMatchObject({ ok: true, value: { closed: null, status: "idle" } });
  expect(linesOf(...spies)).toMatchObject([
    { level: "error", event: "closed", session: id, reason: "not_opened", error: "SQLITE_ERROR" },
    { level: "info", event: "opened", session: id, closed_since: since },
  ]);
});
