/** Bugs of others in streams that outlive an instance (reliability.md §1c). */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { streamBody } from "../../src/api/stream/sse.ts";
import type { ToSubscriber } from "../../src/session/sockets/wire.ts";
import { FarObject, subscribeTo } from "../streams/far-object.ts";
import { openSockets, seqsOf } from "../streams/reader.ts";

/** A client of the public stream: what it read, and how the body ended. */
async function reader(far: FarObject) {
  const body = streamBody(await subscribeTo(far), false, "req_1").getReader();
  const client = { text: "", end: null as "clean" | "broken" | null };
  void (async () => {
    try {
      for (let part = await body.read(); !part.done; part = await body.read())
        client.text += new TextDecoder().decode(part.value);
      client.end = "clean";
    } catch {
      client.end = "broken";
    }
  })();
  await vi.advanceTimersByTimeAsync(5);
  return client;
}

const stored = (seq: number): ToSubscriber => ({ t: "events", seqs: [seq], events: [`{"n":${seq}}`] });
const numbers = (text: string) => [...text.matchAll(/\{"n":(\d+)\}/g)].map(([, n]) => Number(n));
const DOWN = [
  "Durable Object reset because its code was updated.",
  "This script has been upgraded.",
  "internal error; reference = x",
  "",
];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("B17: a deploy under a live stream is no error and no end to its reader, who gets every event once", async () => {
  const far = new FarObject();
  const client = await reader(far);
  far.last.say(stored(1));
  await vi.advanceTimersByTimeAsync(5);
  for (let deploys = 1; deploys <= 3; deploys++) {
    far.answer = new Error(DOWN[deploys]);
    far.last.break();
    await vi.advanceTimersByTimeAsync(20_000);
    far.answer = "socket";
    await vi.advanceTimersByTimeAsync(3_000);
    expect(far.asked.at(-1)).toBe(String(deploys));
    far.last.say(stored(deploys + 1));
    await vi.advanceTimersByTimeAsync(5);
  }
  expect(client.end).toBe(null);
  expect(numbers(client.text)).toEqual([1, 2, 3, 4]);
  // The control: a stream whose session does not come back is told to its reader.
  far.answer = new Error("gone for good");
  far.last.break();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(client.end).toBe("broken");
});

test("B18: a stream ends cleanly after session.deleted alone; a transport that ends is never an end of a turn", async () => {
  const far = new FarObject();
  const [lost, deleted] = [await reader(far), await reader(far)];
  far.last.say({ t: "deleted", event: '{"type":"session.deleted"}' });
  await vi.advanceTimersByTimeAsync(5);
  expect(deleted.end).toBe("clean");
  expect(deleted.text.trimEnd().endsWith('data: {"type":"session.deleted"}')).toBe(true);
  const alone = new FarObject();
  const cut = await reader(alone);
  alone.answer = new Error("");
  alone.last.break();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(cut.end).toBe("broken");
  expect(cut.text).not.toContain("session.status_idle");
  // The control: as long as the session can be reached nothing ends.
  expect(lost.end).toBe(null);
});

test("B12: no file decides by the platform's words for a reset; every one of them is lived through", async () => {
  const words = /code was updated|been upgraded|code has been updated|Network connection lost|Durable Object reset/i;
  const root = resolve(import.meta.dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(100);
  expect(files.filter((path) => words.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
  for (const said of DOWN) {
    const far = new FarObject();
    far.answer = new Error(said);
    const opening = reader(far);
    await vi.advanceTimersByTimeAsync(2_000);
    far.answer = "socket";
    await vi.advanceTimersByTimeAsync(3_000);
    expect((await opening).text, said).toContain(": connected");
  }
  // The control: the words are found where they are.
  expect(words.test(DOWN[0] as string)).toBe(true);
});

test("B19: a reader may resume at any event, however long ago it was and however much came since", () => {
  const { commit, subscribe, ack, evict } = openSockets();
  commit(2_000);
  evict();
  const after = (from: number) => {
    const ws = subscribe(from);
    for (let last = -1; last !== (seqsOf(ws.frames).at(-1) ?? from); ) {
      last = seqsOf(ws.frames).at(-1) ?? from;
      ack(ws, last);
    }
    return seqsOf(ws.frames);
  };
  const all = Array.from({ length: 2_000 }, (_, i) => i + 1);
  for (const from of [0, 1, 255, 256, 257, 1_000, 1_999]) expect(after(from)).toEqual(all.slice(from));
  // The control: what a buffer of the last 256 would have given.
  expect(after(0)).not.toEqual(all.slice(-256));
});
