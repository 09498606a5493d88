/** The client's WebSocket over HTTP against real hibernating sockets (test/streams/host.ts). */
import { afterAll, beforeAll, expect, it } from "vitest";
import { startServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

type Frame = { type: string; seq?: number; event?: { n?: number; type: string }; [key: string]: unknown };

async function connect(name: string, query = "") {
  const ws = new WebSocket(`${server.url.replace("http", "ws")}/socket/${name}${query}`);
  const frames: Frame[] = [];
  let closed: [number, string] | null = null;
  let wake = () => {};
  ws.addEventListener("message", ({ data }) => {
    frames.push(JSON.parse(data as string) as Frame);
    wake();
  });
  ws.addEventListener("close", ({ code, reason }) => {
    closed = [code, reason];
    wake();
  });
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  await until(() => frames.length > 0 || closed !== null);
  const say = (frame: object) => ws.send(JSON.stringify(frame));
  return { ws, frames, until, say, closed: () => closed };
}

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

it("follows from a seq, takes events, answers by request id, and sees what it sent", async () => {
  await server.hand("talk", "commit", { count: 3 });
  const client = await connect("talk", "?after=1");
  client.say({ type: "send", request_id: "r1", events: ["hello"] });
  client.say({ type: "send", request_id: "r2", events: ["refuse"] });
  client.say({ type: "ping" });
  await client.until(() => client.frames.length === 7);
  const events = client.frames.filter((frame) => frame.type === "event");
  expect(client.frames[0]).toEqual({ type: "subscribed", seq: 1 });
  expect(events.map((frame) => [frame.seq, frame.event?.n])).toEqual([
    [2, 2],
    [3, 3],
    [4, 4],
  ]);
  expect(client.frames).toContainEqual({ type: "ack", request_id: "r1", data: [{ seq: 4 }] });
  expect(client.frames).toContainEqual({
    type: "error",
    request_id: "r2",
    error: { type: "invalid_request_error", message: "events.0: refused by the test" },
  });
  expect(client.frames).toContainEqual({ type: "pong" });
  client.ws.close();
});

it("reads on over evictions and broken sockets, without acks of its own", async () => {
  const client = await connect("evicted");
  await server.hand("evicted", "commit", { count: 200, batch: 10 });
  await server.evict("evicted", "hibernate");
  await server.hand("evicted", "commit", { count: 500, batch: 10 });
  await server.hand("evicted", "break");
  await server.hand("evicted", "commit", { count: 200, batch: 10 });
  await client.until(() => client.frames.at(-1)?.seq === 900);
  expect(client.frames.slice(1).map((frame) => frame.seq)).toEqual(upTo(1, 900));
  client.ws.close();
});

it("stops at the credit of a client that counts for itself, and goes on by its acks", async () => {
  const client = await connect("counts");
  client.say({ type: "ack", seq: 0 });
  client.say({ type: "ping" });
  await client.until(() => client.frames.at(-1)?.type === "pong");
  await server.hand("counts", "commit", { count: 600, batch: 10 });
  await client.until(() => client.frames.at(-1)?.seq === 256);
  client.say({ type: "ping" });
  await client.until(() => client.frames.at(-1)?.type === "pong");
  expect(client.frames.filter((frame) => frame.type === "event").length).toBe(256);
  client.say({ type: "ack", seq: 256 });
  await client.until(() => client.frames.at(-1)?.seq === 512);
  client.say({ type: "ack", seq: 512 });
  await client.until(() => client.frames.at(-1)?.seq === 600);
  client.ws.close();
});

it("ends with `deleted` and code 1000", async () => {
  const client = await connect("deleted");
  await server.hand("deleted", "remove");
  await client.until(() => client.closed() !== null);
  expect(client.frames.at(-1)).toEqual({ type: "deleted", event: { type: "session.deleted", id: "sevt_deleted" } });
  expect(client.closed()).toEqual([1000, "the session is deleted"]);
});

it("is a plain error before the upgrade when the seq is none of this session, and 426 without an upgrade", async () => {
  const plain = await fetch(`${server.url}/socket/none`);
  expect([plain.status, ((await plain.json()) as { type: string }).type]).toEqual([426, "error"]);
  const refused = await connect("none", "?after=99");
  expect([refused.frames, refused.closed()?.[0]]).toEqual([[], 1006]);
});

it("lets the object forget the socket when the client leaves", async () => {
  const client = await connect("leaves");
  client.ws.close();
  await client.until(() => client.closed() !== null);
  for (;;) {
    await server.hand("leaves", "commit", { count: 1 });
    if ((await server.hand<{ sockets: number }>("leaves", "look")).sockets === 0) break;
  }
});
