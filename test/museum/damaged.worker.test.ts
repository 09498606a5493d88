/** A session whose rows this build cannot read, in the real object: it alone is closed, says why, keeps its rows, and opens when they are whole. */
import { abortAllDurableObjects } from "cloudflare:test";
import { expect, test } from "vitest";
import { say } from "../support/model-server/answer.ts";
import { begun, idles, init, message, object, sender, sql } from "../support/session-object.ts";

/** A session that has answered one message. */
async function idle(): Promise<string> {
  const { id } = await begun([say("done")], init());
  await idles(id);
  return id;
}

test.each([
  [
    "a damaged row",
    ["DELETE FROM snap", "UPDATE events SET note = '{' WHERE type = 'span.model_request_end'"],
    "cannot be read",
  ],
  ["a newer build's log", ["UPDATE meta SET min_reader = 99"], "newer version"],
])("%s closes its session and no other", async (_, damage, words) => {
  const [id, other] = [await idle(), await idle()];
  const [notes] = await sql(id, "SELECT seq, note FROM events WHERE type = 'span.model_request_end'");
  await sql(id, ...damage);
  const [rows] = await sql(id, "SELECT * FROM events ORDER BY thread, seq");
  await abortAllDurableObjects();
  const closed = { ok: false, error: { status: 500, noRetry: true, message: expect.stringContaining(words) } };
  expect(await object(id).getSession("default")).toMatchObject(closed);
  expect(await object(id).emitEvents("default", [message("more")], sender())).toMatchObject(closed);
  expect(await object(other).getSession("default")).toMatchObject({ ok: true, value: { status: "idle" } });
  expect(await sql(id, "SELECT * FROM events ORDER BY thread, seq")).toEqual([rows]);
  // The control: mended, it goes on.
  const note = String(notes?.[0]?.note).replaceAll("'", "''");
  await sql(
    id,
    "UPDATE meta SET min_reader = 1",
    `UPDATE events SET note = '${note}' WHERE type = 'span.model_request_end'`,
  );
  await abortAllDurableObjects();
  expect(await object(id).getSession("default")).toMatchObject({ ok: true, value: { status: "idle" } });
});

test("a session whose log cannot be read is deleted by its owner, and by nobody else", async () => {
  const id = await idle();
  await sql(id, "DELETE FROM snap", "UPDATE events SET body = '{' WHERE type = 'span.model_request_end'");
  await abortAllDurableObjects();
  expect(await object(id).getSession("default")).toMatchObject({ ok: false, error: { status: 500, noRetry: true } });
  expect(await object(id).remove("other")).toMatchObject({ ok: false, error: { status: 404 } });
  expect(await object(id).remove("default")).toEqual({ ok: true, value: { id } });
  expect(await object(id).getSession("default")).toMatchObject({ ok: false, error: { status: 404 } });
  expect(await sql(id, "SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([[]]);
});

test("a create that is refused leaves no table, and may be sent again", async () => {
  const session = init();
  const wrong = { type: "user.tool_confirmation", body: '{"tool_use_id":"sevt_none","result":"allow"}', content: null };
  const refused = await object(session.id).create(session, [message("hello"), wrong], sender());
  expect(refused).toMatchObject({ ok: false, error: { status: 400 } });
  expect(await sql(session.id, "SELECT name FROM sqlite_master WHERE name = 'meta'")).toEqual([[]]);
  expect(await object(session.id).create(session, [], sender())).toMatchObject({ ok: true, value: { id: session.id } });
});

test("what is not in the rows may pass: the session opens again by itself", async () => {
  const id = await idle();
  await sql(id, "ALTER TABLE events RENAME TO elsewhere", "DELETE FROM snap");
  await abortAllDurableObjects();
  const closed = { ok: false, error: { status: 500, message: expect.stringContaining("try again in a moment") } };
  const first = await object(id).getSession("default");
  expect(first).toMatchObject(closed);
  // What no retry mends says so.
  expect(first).not.toHaveProperty("error.noRetry");
  await sql(id, "ALTER TABLE elsewhere RENAME TO events");
  await expect
    .poll(
      () =>
        object(id)
          .getSession("default")
          .catch(() => null),
      { timeout: 10_000 },
    )
    .toMatchObject({ ok: true, value: { status: "idle" } });
});
