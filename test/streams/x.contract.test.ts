/** `/x` and the public streams of the real Worker: a session with the scripted model, driven over HTTP. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OTHER_KEY, type Server, startServer } from "../support/server.ts";
import { openStream } from "./client.ts";

let server: Server;
let session: string;
const json = (key: string) => ({ "x-api-key": key, "content-type": "application/json" });

async function api<T>(method: string, path: string, body?: unknown, key = server.key): Promise<T> {
  const text = body === undefined ? null : JSON.stringify(body);
  const headers = { ...json(key), "anthropic-beta": "managed-agents-2026-04-01", "anthropic-version": "2023-06-01" };
  const response = await fetch(`${server.url}${path}`, { method, headers, body: text });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function newSession(): Promise<string> {
  const agent = await api<{ id: string }>("POST", "/v1/agents", { name: "reader", model: "rehearsal" });
  const environment = await api<{ id: string }>("POST", "/v1/environments", { name: `streams ${crypto.randomUUID()}` });
  return (await api<{ id: string }>("POST", "/v1/sessions", { agent: agent.id, environment_id: environment.id })).id;
}

beforeAll(async () => {
  server = await startServer();
  session = await newSession();
});
afterAll(() => server.stop());

describe("a turn on the stream", () => {
  it("is what the list says, in the same order, with previews before the message", async () => {
    const headers = {
      "x-api-key": server.key,
      "anthropic-beta": "managed-agents-2026-04-01",
      "anthropic-version": "2023-06-01",
    };
    const url = `${server.url}/v1/sessions/${session}/events/stream?event_deltas[]=agent.message`;
    const client = await openStream(url, headers);
    const message = { type: "user.message", content: [{ type: "text", text: "hello" }] };
    await api("POST", `/v1/sessions/${session}/events`, { events: [message] });
    await client.until(() => client.frames.some((frame) => frame.data.type === "session.status_idle"));
    const list = await api<{ data: { id: string }[] }>("GET", `/v1/sessions/${session}/events?limit=100`);
    const kept = client.frames.filter((frame) => !frame.data.type.startsWith("event_"));
    expect(kept.map((frame) => frame.data)).toEqual(list.data);
    const types = client.frames.map((frame) => frame.data.type);
    expect(types.indexOf("event_start")).toBeGreaterThan(types.indexOf("span.model_request_start"));
    expect(types.indexOf("event_start")).toBeLessThan(types.indexOf("agent.message"));
    client.close();
  });
});

describe("the client's socket", () => {
  it("sends with the rules of POST …/events and shows the turn", async () => {
    const own = await newSession();
    const frames: { type: string; request_id?: string; error?: { message: string }; event?: { type: string } }[] = [];
    const { promise: done, resolve, reject } = Promise.withResolvers<void>();
    const url = `${server.url.replace("http", "ws")}/x/sessions/${own}/socket`;
    const ws = new WebSocket(url, { headers: { "x-api-key": server.key } } as never);
    ws.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(data as string);
      frames.push(frame);
      if (frame.type === "subscribed") {
        ws.send(JSON.stringify({ type: "send", request_id: "bad", events: [{ type: "user.message" }] }));
        const message = { type: "user.message", content: [{ type: "text", text: "hello" }] };
        ws.send(JSON.stringify({ type: "send", request_id: "good", events: [message] }));
      }
      const idle = frames.some(({ event }) => event?.type === "session.status_idle");
      if (idle && frames.some(({ type }) => type === "ack")) resolve();
    });
    ws.addEventListener("close", ({ reason }) => reject(new Error(`closed: ${reason}`)));
    await done;
    const answers = frames.filter((frame) => frame.request_id !== undefined);
    expect(answers.map((frame) => [frame.type, frame.request_id])).toEqual([
      ["error", "bad"],
      ["ack", "good"],
    ]);
    expect(answers[0]?.error?.message).toContain("events.0.user_message.content");
    ws.close();
  });
});

describe("files of a session", () => {
  const at = (path: string) => `${server.url}/x/sessions/${session}/files/${path}`;
  const put = (path: string, body: Uint8Array | string, key = server.key) =>
    fetch(at(path), { method: "PUT", headers: { "x-api-key": key }, body: body as never });
  const get = (path: string, key = server.key) => fetch(at(path), { headers: { "x-api-key": key } });

  it("go in and come out byte for byte", async () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256);
    const answer = await put("workspace/some%20folder/data.bin", bytes);
    expect(await answer.json()).toEqual({ path: "/workspace/some folder/data.bin", size_bytes: 100_000 });
    expect(new Uint8Array(await (await get("workspace/some%20folder/data.bin")).arrayBuffer())).toEqual(bytes);
    expect((await put("mnt/session/uploads/empty", "")).status).toBe(200);
  });

  it.each([
    ["etc/passwd", 400],
    ["workspace", 400],
    ["workspace/", 400],
    ["workspace/a//b", 400],
    ["workspace/..%2f..%2fetc/passwd", 400],
    ["workspace/a%00b", 400],
    ["workspace/none", 404],
  ])("answer for %s with %i", async (path, status) => {
    const answer = await get(path);
    expect([answer.status, ((await answer.json()) as { type: string }).type]).toEqual([status, "error"]);
  });

  it("are bounded, and belong to the workspace and to a live session", async () => {
    expect((await put("workspace/big", new Uint8Array(8 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await put("workspace/data", "x", OTHER_KEY)).status).toBe(404);
    expect((await get("workspace/some%20folder/data.bin", OTHER_KEY)).status).toBe(404);
    const old = await newSession();
    await api("POST", `/v1/sessions/${old}/archive`);
    const url = `${server.url}/x/sessions/${old}/files/workspace/data`;
    expect((await fetch(url, { method: "PUT", headers: { "x-api-key": server.key }, body: "x" })).status).toBe(409);
  });
});
