/** What open streams ask D1 about their keys: little, whatever their number, and enough to end them when a key is revoked. */
import { Hono } from "hono";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AppEnv } from "../../src/api/context.ts";
import { streamEvents } from "../../src/api/stream/sse.ts";
import { Catalog } from "../sim/d1.ts";
import { FarObject } from "./far-object.ts";

/** Seconds within which every isolate knows of a revocation (README.md, "Operate it"). */
const PROMISED_S = 5;
/** One question each. */
const INTERVAL_S = 2;

const WORKSPACES = ["one", "two", "three"];
const KEYS = WORKSPACES.flatMap((workspace) => ["ci", "ops"].map((cred) => ({ workspace, cred })));
const STREAMS_OF_A_KEY = 4;

/** An isolate with a catalog of its own, and what it has asked. */
class Isolate {
  readonly catalog = new Catalog();
  answers: "at once" | "never" | "with an error" = "at once";
  questions = 0;
  readonly #object = new FarObject();
  readonly #env = {
    DB: this.catalog.through(async (_, when) => {
      if (when === "after") return;
      this.questions += 1;
      if (this.answers === "never") await new Promise(() => {});
      if (this.answers === "with an error") throw new Error("D1_ERROR: out for now");
    }),
    SESSION: { getByName: this.#object.stub },
  };

  async open({ workspace, cred }: { workspace: string; cred: string }): Promise<Stream> {
    const app = new Hono<AppEnv>();
    app.get("/", async (c) => {
      c.set("workspace", workspace);
      c.set("cred", cred);
      c.set("requestId", "req_test");
      return streamEvents(c, "sesn_1", null);
    });
    const opening = app.request("/", {}, this.#env as never);
    await vi.advanceTimersByTimeAsync(5);
    return new Stream((await opening).body as ReadableStream<Uint8Array>);
  }

  /** Several of each key, begun at different moments. */
  async openAll(): Promise<Map<(typeof KEYS)[number], Stream[]>> {
    const streams = new Map(KEYS.map((key): [typeof key, Stream[]] => [key, []]));
    for (let i = 0; i < STREAMS_OF_A_KEY; i++)
      for (const [key, own] of streams) {
        own.push(await this.open(key));
        await vi.advanceTimersByTimeAsync(170);
      }
    return streams;
  }

  async revoke({ workspace, cred }: { workspace: string; cred: string }): Promise<void> {
    const db = this.catalog.through(async () => {});
    await db.prepare("INSERT INTO revoked_keys VALUES (?1, ?2, 'test', 0)").bind(workspace, cred).run();
  }
}

class Stream {
  text = "";
  end: "open" | "clean" | "broken" = "open";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
    void this.#read().then(
      () => {
        this.end = "clean";
      },
      () => {
        this.end = "broken";
      },
    );
  }

  async #read(): Promise<void> {
    for (let part = await this.#reader.read(); !part.done; part = await this.#reader.read())
      this.text += new TextDecoder().decode(part.value);
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

let isolate: Isolate;
beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => {});
  isolate = new Isolate();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  isolate.catalog.close();
});

test("streams of many keys ask one question per interval together, and none when the last has left", async () => {
  const streams = [...(await isolate.openAll()).values()].flat();
  isolate.questions = 0;
  await pass(60);
  expect(isolate.questions).toBeGreaterThan(60 / INTERVAL_S / 2);
  expect(isolate.questions).toBeLessThanOrEqual(60 / INTERVAL_S);
  // Whoever asks may leave: the next to look goes on.
  for (const stream of streams.slice(1)) await stream.close();
  isolate.questions = 0;
  await pass(20);
  expect(isolate.questions).toBeGreaterThan(20 / INTERVAL_S / 2);
  await streams[0]?.close();
  await pass(5);
  isolate.questions = 0;
  await pass(60);
  expect(isolate.questions).toBe(0);
});

test("a revoked key ends its streams within the promised time, with a frame that says so, and no other's", async () => {
  const streams = await isolate.openAll();
  const [key] = KEYS as [(typeof KEYS)[number]];
  await pass(7.3);
  await isolate.revoke(key);
  // The control: nothing has ended before.
  expect([...streams.values()].flat().every((stream) => stream.end === "open")).toBe(true);
  await pass(PROMISED_S);
  for (const [other, own] of streams) {
    expect(own.map((stream) => stream.end)).toEqual(own.map(() => (other === key ? "clean" : "open")));
    for (const stream of other === key ? own : []) expect(stream.text).toMatch(/event: error\ndata: .*revoked/);
  }
  // One that comes while the key is known to be revoked, let in by an isolate that did not know, has as little time.
  const late = await isolate.open(key);
  await pass(PROMISED_S);
  expect(late.end).toBe("clean");
});

test.each(["never", "with an error"] as const)(
  "while D1 answers %s streams stay open and ask no more than before; then a revocation counts",
  async (answers) => {
    const [key, other] = KEYS as [(typeof KEYS)[number], (typeof KEYS)[number]];
    const streams = await isolate.openAll();
    await pass(4);
    isolate.answers = answers;
    await isolate.revoke(key);
    isolate.questions = 0;
    await pass(120);
    expect(isolate.questions).toBeLessThanOrEqual(120 / INTERVAL_S);
    expect([...streams.values()].flat().every((stream) => stream.end === "open")).toBe(true);
    isolate.answers = "at once";
    await pass(PROMISED_S);
    expect(streams.get(key)?.every((stream) => stream.end === "clean")).toBe(true);
    expect(streams.get(other)?.every((stream) => stream.end === "open")).toBe(true);
  },
);
