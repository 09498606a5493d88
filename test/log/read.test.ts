/** What is read of rows that are damaged, or of which a part is not in the session's own database. */
import { expect, test } from "vitest";
import { LogView } from "../../src/log/list.ts";
import { byteStream, eventBytes, inboxEntries, type OpenRemote, readableInbox } from "../../src/log/read.ts";
import { repairedState } from "../../src/log/repair.ts";
import { type BlobRef, Corrupted } from "../../src/log/rows.ts";
import { nodeSql } from "../support/node-sql.ts";
import { OpenSession, text, use } from "../support/open-session.ts";

const REF: BlobRef = { sha: "s", bytes: 9_000_000, where: "r2" };
const row = { n: 1, id: "sevt_1", type: "user.message", cred: "a", body: "{}", content: REF };

const json = async (remote: OpenRemote) =>
  new Response(byteStream(eventBytes(nodeSql(), row, remote))).json() as Promise<object>;

test("a content that is gone does not keep the list and the stream from going past its event", async () => {
  const event = await json(() => Promise.reject(new Corrupted(REF)));
  expect(event).toMatchObject({
    id: "sevt_1",
    content: [{ type: "text", text: expect.stringContaining("9000000 bytes") }],
  });
});

test("a content that is gone has no place of its own to name", () => {
  expect(new Corrupted(REF).message).toContain("a content of 9000000 bytes that is missing");
});

test("one that is there is what is read, and a store that fails breaks the stream, so that it is read again", async () => {
  const content = [{ type: "text", text: "long" }];
  const stored = () => new Response(JSON.stringify(content)).body as ReadableStream<Uint8Array>;
  expect(await json(async () => stored())).toMatchObject({ content });
  await expect(json(() => Promise.reject(new Error("the store is away")))).rejects.toThrow();
});

const TORN = '{"torn":';

/** A session that has run a call and been told its title. */
async function ran(): Promise<OpenSession> {
  const session = new OpenSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  session.say("go");
  await session.run();
  return session;
}
const tear = (session: OpenSession, column: string, type: string) =>
  session.sql.exec(`UPDATE events SET ${column} = ? WHERE type = ?`, TORN, type);

test.each(["body", "note"])("a call whose %s is torn is told as what it is: damage at its place", async (column) => {
  const session = await ran();
  tear(session, column, "agent.tool_use");
  session.sql.exec("DELETE FROM snap");
  const damaged = /damaged at event \d+ \(agent.tool_use\)/;
  expect(() => session.log.hydrate()).toThrow(Corrupted);
  expect(() => session.log.hydrate()).toThrow(damaged);
});

test("what is skimmed of a log with a torn row is what the others say, up to the last one", async () => {
  const session = await ran();
  const { days, seq, activeMicros } = session.log.state;
  const told = { days, seq, activeMicros, threads: [{ usage: session.primary.usage, status: "idle" }] };
  const skimmed = () => repairedState(session.sql, {}).state;
  expect(skimmed()).toMatchObject(told);
  tear(session, "body", "agent.tool_use");
  expect(skimmed()).toMatchObject(told);
});

test("an event that waits and is torn is damage too; a session that is given up leaves it where it is", () => {
  const session = new OpenSession([]);
  const b = session.log.begin(1);
  b.queue("user.message", { body: "{}", content: null, cred: null });
  b.queue("user.tool_confirmation", { body: TORN, content: null, cred: null });
  session.log.commit(b);
  expect(() => inboxEntries(session.sql)).toThrow(/damaged at waiting event 2 \(user.tool_confirmation\)/);
  expect(readableInbox(session.sql).map(({ n }) => n)).toEqual([1]);
});

test("a reference to large content that is torn is damage at the row that holds it", async () => {
  const session = await ran();
  tear(session, "content", "user.message");
  tear(session, "wire", "span.model_request_end");
  expect(() => session.rows()).toThrow(/damaged at event 3 \(user.message\)/);
  const view = new LogView(session.sql, () => 0);
  expect(() => view.column(0, 3, null, "content")).toThrow(Corrupted);
  const b = session.log.begin(1);
  const { n } = b.queue("user.message", { body: "{}", content: TORN, cred: null });
  session.log.commit(b);
  expect(() => view.column(0, 1_000, n, "content")).toThrow(/damaged at waiting event/);
});
