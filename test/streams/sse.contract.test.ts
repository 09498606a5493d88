/** The SSE adapter over HTTP against real hibernating sockets (test/streams/host.ts): what the wire shows, and what a reader never notices. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStream, type SseClient } from "./client.ts";
import { startServer, type TestServer } from "./server.ts";

let server: TestServer;
const open: SseClient[] = [];
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  for (const client of open) client.close();
  await server.stop();
});

async function stream(name: string, query = "", headers: Record<string, string> = {}): Promise<SseClient> {
  const client = await openStream(`${server.url}/stream/${name}${query}`, headers);
  open.push(client);
  return client;
}

const numbers = (client: SseClient) => client.frames.map((frame) => frame.data.n);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("the wire", () => {
  it("says connected first, then frames of exactly one form, without ids", async () => {
    await server.hand("wire", "commit", { count: 3 });
    const client = await stream("wire");
    expect([client.status, client.headers["content-type"], client.comments]).toEqual([
      200,
      "text/event-stream",
      [": connected"],
    ]);
    await server.hand("wire", "commit", { count: 2 });
    await client.until(() => client.frames.length === 2);
    expect(client.comments).toEqual([": connected"]);
    expect(client.frames.map((frame) => [frame.id, frame.data.id])).toEqual([
      [null, "sevt_4"],
      [null, "sevt_5"],
    ]);
  });

  it("follows the thread it is asked for", async () => {
    const [primary, child] = [await stream("threads"), await stream("threads", "/child")];
    await server.hand("threads", "commit", { count: 1 });
    await server.hand("threads", "commit", { count: 2, thread: 1 });
    await server.hand("threads", "commit", { count: 1 });
    await primary.until(() => primary.frames.length === 2);
    await child.until(() => child.frames.length === 2);
    expect([numbers(primary), numbers(child)]).toEqual([
      [1, 4],
      [2, 3],
    ]);
  });

  it.each([
    ["?after=2", {}],
    ["?after=0", { "last-event-id": "2" }],
  ])("resumes by a seq and then gives every stored event its id (%s %o)", async (query, headers) => {
    const name = `resume${query.slice(-1)}`;
    await server.hand(name, "commit", { count: 4 });
    const client = await stream(name, query, headers as Record<string, string>);
    await server.hand(name, "commit", { count: 1 });
    await client.until(() => client.frames.length === 3);
    expect(client.frames.map((frame) => frame.id)).toEqual(["3", "4", "5"]);
  });

  it.each([
    ["?after=x", {}, 400, "after: "],
    ["?after=-1", {}, 400, "after: "],
    ["?after=1.5", {}, 400, "after: "],
    ["?after=99", {}, 400, "after: "],
    ["", { "last-event-id": "sevt_1" }, 400, "last-event-id: "],
    ["?event_deltas[]=agent.message&event_deltas[]=user.message", {}, 400, "event_deltas: "],
    ["", { "x-test-workspace": "other" }, 404, "no such session"],
  ])("refuses %s %o", async (query, headers, status, message) => {
    const client = await stream("refused", query, headers as unknown as Record<string, string>);
    const body = JSON.parse(client.comments.join(""));
    expect([client.status, body.type, body.error.message.startsWith(message)]).toEqual([status, "error", true]);
  });

  it("refuses more than 100 values of event_deltas[]", async () => {
    const query = `?${"event_deltas[]=agent.message&".repeat(101)}`;
    const client = await stream("refused", query);
    expect([client.status, client.comments.join("").includes("event_deltas: must have at most 100")]).toEqual([
      400,
      true,
    ]);
  });

  it("gives an event too long for a frame in its place", async () => {
    const client = await stream("large");
    await server.hand("large", "commit", { count: 1 });
    await server.hand("large", "commit", { count: 1, size: 9_000_000, large: true });
    await server.hand("large", "commit", { count: 1 });
    await client.until(() => client.frames.length === 3);
    expect(client.frames.map((frame) => frame.data.id)).toEqual(["sevt_1", "sevt_2", "sevt_3"]);
    expect(JSON.stringify(client.frames[1]?.data.content).length).toBe(
      9_000_000 + JSON.stringify([{ type: "text", text: "" }]).length,
    );
  });

  it("shows previews to those who asked, before their event", async () => {
    const [asked, plain] = [await stream("deltas", "?event_deltas[]=agent.message"), await stream("deltas")];
    await server.hand("deltas", "commit", { count: 1, type: "span.model_request_start" });
    const shown = { type: "agent.message", id: "sevt_2", thread: 0 };
    await server.hand("deltas", "preview", { kind: "start", ...shown });
    for (const text of ["one ", "two ", "three"])
      await server.hand("deltas", "preview", { kind: "text", index: 0, text, ...shown });
    await server.hand("deltas", "commit", { count: 1, type: "agent.message" });
    await asked.until(() => asked.frames.at(-1)?.data.type === "agent.message");
    await plain.until(() => plain.frames.length === 2);
    const types = asked.frames.map((frame) => frame.data.type);
    expect(types.slice(0, 2)).toEqual(["span.model_request_start", "event_start"]);
    expect(asked.frames[1]?.data).toEqual({ type: "event_start", event: { type: "agent.message", id: "sevt_2" } });
    expect(asked.frames[2]?.data).toMatchObject({ event_id: "sevt_2", delta: { type: "content_delta", index: 0 } });
    const pieces = asked.frames.filter((frame) => frame.data.type === "event_delta");
    const said = pieces.map((frame) => (frame.data.delta as { content: { text: string } }).content.text);
    expect(said.join("")).toBe("one two three");
    expect(said[0]).toBe("one ");
    expect(plain.frames.map((frame) => frame.data.type)).toEqual(["span.model_request_start", "agent.message"]);
  });

  it("ends cleanly after session.deleted, which is the last frame", async () => {
    const client = await stream("deleted");
    await server.hand("deleted", "commit", { count: 1 });
    await server.hand("deleted", "remove");
    await client.until(() => client.end() !== null);
    expect([client.end(), client.frames.at(-1)?.data.type]).toEqual(["clean", "session.deleted"]);
  });
});

describe("what a reader does not notice", () => {
  it("the object's eviction with the socket hibernating", async () => {
    const client = await stream("evicted");
    await server.hand("evicted", "commit", { count: 2 });
    const before = await server.hand<{ instance: string }>("evicted", "look");
    await server.evict("evicted", "hibernate");
    await server.hand("evicted", "commit", { count: 300, batch: 10 });
    const after = await server.hand<{ instance: string; sockets: number }>("evicted", "look");
    expect([after.instance === before.instance, after.sockets]).toEqual([false, 1]);
    await client.until(() => client.frames.length === 302);
    expect(numbers(client)).toEqual(upTo(1, 302));
  });

  it("a socket that breaks again and again while events pass, even when the object refuses at first", async () => {
    const [client, other] = [await stream("broken"), await stream("broken", "?after=0")];
    let last = 0;
    for (let round = 0; round < 5; round++) {
      const commits = server.hand("broken", "commit", { count: 400, batch: 20, size: 300 });
      if (round % 2 === 0) await commits;
      await server.evict("broken", "close").catch(() => {});
      await commits;
      if (round === 3) await server.hand("broken", "refuse", { times: 3, status: 503 });
      last += 400;
    }
    for (const each of [client, other]) {
      await each.until(() => each.frames.at(-1)?.data.n === last);
      expect(numbers(each)).toEqual(upTo(1, last));
      expect(each.end()).toBe(null);
    }
    expect(other.frames.map((frame) => frame.id)).toEqual(upTo(1, last).map(String));
  });
});

it("a stalled reader holds up nobody, and gets everything when it reads again", async () => {
  const [stalled, quick] = [await stream("stalled"), await stream("stalled")];
  stalled.stall();
  for (let round = 0; round < 8; round++)
    await server.hand("stalled", "commit", { count: 2_000, batch: 50, size: 1_000 });
  await quick.until(() => quick.frames.length === 16_000);
  const had = stalled.frames.length;
  stalled.resume();
  await stalled.until(() => stalled.frames.length === 16_000);
  expect(had).toBeLessThan(16_000);
  expect(numbers(stalled)).toEqual(upTo(1, 16_000));
});

it("breaks off, and never ends cleanly, when the session does not take it back", async () => {
  const client = await stream("away");
  await server.hand("away", "commit", { count: 1 });
  await client.until(() => client.frames.length === 1);
  await server.hand("away", "refuse", { times: 1, status: 404 });
  await server.hand("away", "break");
  await client.until(() => client.end() !== null);
  expect(client.end()).toBe("broken");
});
