import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { NO_MACHINE_TEXT } from "../../src/hands/hand.ts";
import { newId } from "../../src/protocol/ids.ts";
import type { ListQuery } from "../../src/session/rpc.ts";
import { say } from "../support/model-server/answer.ts";
import {
  ALL,
  alarmOf,
  begun,
  events,
  idles,
  model,
  object,
  sandboxed,
  sender,
  sql,
  until,
} from "../support/session-object.ts";

test("an object that nobody created answers 404 and has no tables", async () => {
  const id = newId("sesn");
  expect(await object(id).getSession("default")).toMatchObject({ ok: false, error: { status: 404 } });
  expect(await sql(id, "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")).toEqual([[]]);
});

test("a session that dies while the model answers goes on by its alarm alone, with the same request", async () => {
  const { id, key } = await begun([{ ...say("done"), hold: "after_first_delta" }]);
  await model.journal({ key, wait: 1 });
  await abortAllDurableObjects();
  await model.script(key, [say("done")]);
  // The watchdog was set in the commit that started the turn.
  expect(await runDurableObjectAlarm(env.SESSION.getByName(id))).toBe(true);
  const types = (await idles(id)).map(({ type }) => type);
  expect(types.filter((type) => type === "agent.message")).toHaveLength(1);
  expect(types.filter((type) => type === "span.model_request_start")).toHaveLength(2);
  const requests = await model.journal({ key });
  expect(requests.map((entry) => entry.verdict)).toEqual([null, null]);
  expect(requests[1]?.sha256).toBe(requests[0]?.sha256);
});

test("a call that was under way when everything died runs once and gives its result", async () => {
  const command = "echo x >> /workspace/count; sleep 1; cat /workspace/count";
  const { id } = await begun([{ blocks: [{ type: "tool_use", name: "bash", input: { command } }] }, say("done")]);
  await until(id, (types) => types.includes("agent.tool_use"));
  await abortAllDurableObjects();
  await runDurableObjectAlarm(env.SESSION.getByName(id));
  const results = (await idles(id)).filter((event) => event.type === "agent.tool_result");
  expect(results).toHaveLength(1);
  expect(results[0]).toMatchObject({ is_error: false, content: [{ type: "text", text: "x" }] });
});

test("the environment of the create reaches the machine, and one that it cannot be is a result that the model sees", async () => {
  const packages = { type: "packages" as const, apt: [], cargo: [], gem: [], go: [], npm: [], pip: ["numpy"] };
  const environment = { type: "cloud" as const, networking: { type: "unrestricted" as const }, packages };
  const uses = { type: "tool_use" as const, name: "bash", input: { command: "true" } };
  const { id } = await begun([{ blocks: [uses] }, say("done")], sandboxed({ environment }));
  const results = (await idles(id)).filter((event) => event.type === "agent.tool_result");
  const text = `${NO_MACHINE_TEXT} (the isolate machine has no packages to install)`;
  expect(results).toMatchObject([{ is_error: true, content: [{ type: "text", text }] }]);
});

test("the epoch rises when a cut-off turn is taken up, and the log's epochs never fall", async () => {
  const { id, key } = await begun([{ ...say("done"), hold: "before_headers" }]);
  await model.journal({ key, wait: 1 });
  await abortAllDurableObjects();
  await model.script(key, [say("done")]);
  await runDurableObjectAlarm(env.SESSION.getByName(id));
  await idles(id);
  const [rows = []] = await sql(id, "SELECT epoch FROM events ORDER BY seq");
  const epochs = rows.map((row) => row.epoch as number);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  expect(new Set(epochs).size).toBe(2);
});

test("a quiet session has no alarm once the catalog knows of it", async () => {
  const { id } = await begun([say("done")]);
  await idles(id);
  let alarm = await alarmOf(id);
  // The catalog is told within a second; the alarm that did it sets no other.
  expect(alarm).not.toBeNull();
  for (let i = 0; i < 500 && alarm !== null; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    alarm = await alarmOf(id);
  }
  expect(alarm).toBeNull();
});

test("deleting takes the log, the machine and the tables; a second delete is a 404", async () => {
  const session = sandboxed();
  await object(session.id).create(session, [], sender());
  expect(await object(session.id).remove("other")).toMatchObject({ ok: false, error: { status: 404 } });
  expect(await object(session.id).remove("default")).toEqual({ ok: true, value: { id: session.id } });
  expect(await object(session.id).remove("default")).toMatchObject({ ok: false, error: { status: 404 } });
  expect(await object(session.id).getSession("default")).toMatchObject({ ok: false, error: { status: 404 } });
});

test("a session of a newer build is told as unreadable on every way in, and its alarm is kept", async () => {
  const session = sandboxed();
  await object(session.id).create(session, [], sender());
  await sql(session.id, "UPDATE meta SET min_reader = 1000");
  const stub = env.SESSION.getByName(session.id);
  await runInDurableObject(stub, (_, state) => state.storage.setAlarm(Date.now() + 600_000));
  await abortAllDurableObjects();
  const headers = { upgrade: "websocket", "x-sinew-workspace": "default" };
  const ask = () => object(session.id).fetch(new Request("http://session/stream", { headers }));
  expect((await ask()).status).toBe(500);
  expect(await object(session.id).getSession("default")).toMatchObject({ ok: false, error: { status: 500 } });
  expect(await runDurableObjectAlarm(env.SESSION.getByName(session.id))).toBe(true);
  expect(await alarmOf(session.id)).not.toBeNull();
});

test("a cursor of events holds for the list that it came from", async () => {
  const { id } = await begun([say("done")]);
  await idles(id);
  const other = newId("sesn");
  await object(other).create(sandboxed({ id: other }), [], sender());
  const page = async (query: Partial<ListQuery>, of = id) => {
    const answer = await object(of).getEvents("default", null, { ...ALL, limit: 1, ...query });
    if (!answer.ok) return answer.error;
    return (await new Response(answer.value).json()) as { data: { id: string }[]; next_page: string | null };
  };
  const first = (await page({})) as { data: { id: string }[]; next_page: string };
  expect(first.next_page).toMatch(/^page_/);
  const second = await page({ page: first.next_page });
  expect(second).toMatchObject({ data: [{ id: (await events(id))[1]?.id }] });
  const none = { status: 400, message: expect.stringMatching(/^page: not a cursor of this list/) };
  expect(await page({ page: first.next_page }, other)).toMatchObject(none);
  expect(await page({ page: `${first.next_page}A` })).toMatchObject(none);
  expect(await page({ page: first.next_page.slice(0, -1) })).toMatchObject(none);
  const turned = { status: 400, message: expect.stringMatching(/^page: .*order=asc/) };
  expect(await page({ page: first.next_page, order: "desc" })).toMatchObject(turned);
});
