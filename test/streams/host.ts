/**
 * A Worker of these tests alone: a Durable Object that hosts `Sockets` over real hibernating WebSockets and a log in its own SQLite, behind
 * the real SSE and socket adapters. Everything else of a session is left out; the routes under /do are the test's hands.
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import type { AppEnv } from "../../src/api/context.ts";
import { onError } from "../../src/api/errors.ts";
import { streamEvents } from "../../src/api/stream/sse.ts";
import { openSocket } from "../../src/api/x/socket.ts";
import { eventText, type Row } from "../../src/log/rows.ts";
import { ApiError, invalid, notFound, type Outcome } from "../../src/protocol/errors.ts";
import type { ThreadPreview } from "../../src/session/sockets/previews.ts";
import { type LogReader, Sockets } from "../../src/session/sockets/sockets.ts";

type Stored = { seq: number; thread: number; type: string; body: string; large: number };

/** Threads by the name that the query gives them. */
const THREADS = new Map([["child", 1]]);

export class TestSession extends DurableObject {
  readonly #sql = this.ctx.storage.sql;
  readonly #sockets: Sockets;
  /** Differs after an eviction. */
  readonly #instance = crypto.randomUUID();
  #refuse = { times: 0, status: 503 };

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, thread INTEGER, type TEXT, body TEXT, large INTEGER)",
    );
    const log: LogReader = {
      lastSeq: () => this.#sql.exec<{ n: number }>("SELECT coalesce(max(seq), 0) AS n FROM events").one().n,
      after: (thread, seq, { events, bytes }) => {
        const page: Row[] = [];
        let sum = 0;
        for (const stored of this.#sql.exec<Stored>(
          "SELECT * FROM events WHERE thread = ? AND seq > ? ORDER BY seq LIMIT ?",
          thread,
          seq,
          Math.max(1, events),
        )) {
          if (page.length > 0 && sum >= bytes) break;
          page.push(toRow(stored));
          sum += stored.body.length;
        }
        return page;
      },
    };
    this.#sockets = new Sockets({ ctx, log });
  }

  override async fetch(request: Request): Promise<Response> {
    if (this.#refuse.times > 0) {
      this.#refuse.times -= 1;
      return new Response("refused by the test", { status: this.#refuse.status });
    }
    if (request.headers.get("x-sinew-workspace") !== "default") return new Response("no such session", { status: 404 });
    const thread = new URL(request.url).searchParams.get("thread");
    return this.#sockets.accept(request, { thread: thread === null ? 0 : (THREADS.get(thread) ?? 9) });
  }

  async getEvent(_workspace: string, seq: number): Promise<Outcome<ReadableStream<Uint8Array>>> {
    const [stored] = this.#sql.exec<Stored>("SELECT * FROM events WHERE seq = ?", seq).toArray();
    if (!stored) return { ok: false, error: notFound("no such event") };
    const content = JSON.stringify([{ type: "text", text: "y".repeat(stored.large) }]);
    const text = eventText({ ...toRow(stored), content });
    return { ok: true, value: new Response(text).body as ReadableStream<Uint8Array> };
  }

  /** Commits `count` events of about `size` bytes; `batch` of them at a time. The first seq. */
  async commit(spec: {
    count: number;
    size?: number;
    batch?: number;
    thread?: number;
    type?: string;
    large?: boolean;
  }): Promise<number> {
    const { count, size = 0, batch = 1, thread = 0, type = "agent.tool_result", large = false } = spec;
    let seq = this.#sql.exec<{ n: number }>("SELECT coalesce(max(seq), 0) AS n FROM events").one().n;
    const first = seq + 1;
    for (let done = 0; done < count; done += batch) {
      const rows: Row[] = [];
      for (let i = done; i < Math.min(count, done + batch); i++) {
        seq += 1;
        const text = JSON.stringify([{ type: "text", text: "y".repeat(large ? 0 : size) }]);
        const stored: Stored = {
          seq,
          thread,
          type,
          body: large ? "{}" : `{"n":${seq},"text":${text}}`,
          large: large ? size : 0,
        };
        this.#sql.exec("INSERT INTO events VALUES (?, ?, ?, ?, ?)", seq, thread, type, stored.body, stored.large);
        rows.push(toRow(stored));
      }
      this.#sockets.publish(rows);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    return first;
  }

  async preview(preview: ThreadPreview): Promise<void> {
    this.#sockets.preview(preview);
  }
  async remove(): Promise<void> {
    this.#sockets.deleted('{"type":"session.deleted","id":"sevt_deleted"}');
  }
  /** The next `times` upgrades are answered with this status. */
  async refuse(spec: { times: number; status: number }): Promise<void> {
    this.#refuse = spec;
  }
  /** The sockets break while the object stays. */
  async break(): Promise<void> {
    for (const ws of this.ctx.getWebSockets()) ws.close(1011, "broken by the test");
  }
  async look(): Promise<{ instance: string; sockets: number }> {
    return { instance: this.#instance, sockets: this.ctx.getWebSockets().length };
  }
  override async webSocketMessage(ws: WebSocket, text: string | ArrayBuffer): Promise<void> {
    this.#sockets.message(ws, text);
  }
  override async webSocketClose(ws: WebSocket): Promise<void> {
    this.#sockets.close(ws);
  }
}

function toRow(stored: Stored): Row {
  const { seq, thread, type, body, large } = stored;
  const content = large === 0 ? null : { sha: "", bytes: large, where: "sqlite" as const };
  const rest = { epoch: 1, n: null, origin: null, cred: null, wire: null, note: null };
  return { ...rest, seq, thread, type, body, content, id: `sevt_${seq}`, ts: 1_700_000_000_000_000 + seq };
}

const bodyOf = (value: unknown) => Response.json(value).body as ReadableStream<Uint8Array>;

const app = new Hono<AppEnv>();
app.onError(onError);
app.use(async (c, next) => {
  c.set("requestId", "req_test");
  c.set("workspace", c.req.header("x-test-workspace") ?? "default");
  c.set("cred", "test");
  await next();
});
app.get("/stream/:name", (c) => streamEvents(c, c.req.param("name"), null));
app.get("/stream/:name/:thread", (c) => streamEvents(c, c.req.param("name"), c.req.param("thread")));
app.get("/socket/:name", (c) =>
  openSocket(c, c.req.param("name"), async (events) => {
    if (events.includes("refuse")) throw new ApiError(invalid("events.0: refused by the test"));
    if (events.includes("throw")) throw new Error("a bug");
    const stub = c.env.SESSION.getByName(c.req.param("name")) as unknown as DurableObjectStub<TestSession>;
    return bodyOf({ data: [{ seq: await stub.commit({ count: events.length }) }] });
  }),
);
app.post("/do/:name/:what", async (c) => {
  const stub = c.env.SESSION.getByName(c.req.param("name")) as unknown as DurableObjectStub<TestSession>;
  const body = await c.req.json();
  switch (c.req.param("what")) {
    case "commit":
      return c.json(await stub.commit(body));
    case "preview":
      return c.json((await stub.preview(body)) ?? null);
    case "remove":
      return c.json((await stub.remove()) ?? null);
    case "refuse":
      return c.json((await stub.refuse(body)) ?? null);
    case "break":
      return c.json((await stub.break()) ?? null);
    default:
      return c.json(await stub.look());
  }
});

export default app;
