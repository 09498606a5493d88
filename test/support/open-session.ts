import { type FailureKind, ModelFailure, type ModelRequest, type RawEvent } from "../../src/brain/model.ts";
import type { ResponseUsage as ModelUsage } from "../../src/brain/models/usage.ts";
import { Prompt } from "../../src/brain/prompt/prompt.ts";
import { toolChange } from "../../src/brain/prompt/tool-change.ts";
import { Doing, type Preview, type ThreadContext } from "../../src/brain/thread.ts";
import { advance, runTurn } from "../../src/brain/turn.ts";
import type { Call, Result } from "../../src/hands/hand.ts";
import { type OfferedTool, offer } from "../../src/hands/registry.ts";
import { readBlob } from "../../src/log/blob.ts";
import { LogView } from "../../src/log/list.ts";
import { Log } from "../../src/log/log.ts";
import { type BlobRef, eventText, PRIMARY, type Row } from "../../src/log/rows.ts";
import type { Sql } from "../../src/log/sql.ts";
import { type Created, primaryThread, type ThreadState } from "../../src/log/state.ts";
import { ApiError, type WireError } from "../../src/protocol/errors.ts";
import type { Accepted } from "../../src/session/accept/draft.ts";
import { accept } from "../../src/session/accept.ts";
import type { Draft } from "../../src/session/rpc.ts";
import { nodeSql } from "./node-sql.ts";

/** One scripted answer: its blocks and why it stopped, or how it failed. */
export type Answer =
  | { blocks: RawBlock[]; stop?: string; details?: object }
  | { fails: FailureKind; after?: RawBlock[]; refused?: boolean; retryAfterMs?: number }
  | { holds: true };
export type RawBlock = { type: string; [key: string]: unknown };

export const TOOL = (
  name: string,
  family: OfferedTool["family"],
  permission: OfferedTool["permission"],
): [string, OfferedTool] => {
  const definition = { name, description: name, input_schema: { type: "object" } };
  return [name, offer(family === "custom" ? "client" : "sandbox", definition, permission)];
};

const TOOLS = new Map([
  TOOL("bash", "sandbox", "allow"),
  TOOL("write", "sandbox", "ask"),
  TOOL("ask_user", "custom", "allow"),
]);

/** A session without an object around it: the real log on Node's SQLite, the real loop, a scripted model and hand, a clock of its own. */
export class OpenSession {
  readonly sql: Sql;
  log!: Log;
  view!: LogView;
  ports!: ThreadContext;
  readonly answers: Answer[];
  /** Request bodies as they left. */
  readonly bodies: string[] = [];
  readonly calls: Call[] = [];
  readonly cancelled: string[] = [];
  readonly previews: Preview[] = [];
  readonly published: Row[] = [];
  alarm: number | null = null;
  /** The tools that updates brought, by their seq. */
  readonly tables = new Map<number, Map<string, OfferedTool>>();
  /** What a request costs, in units of `brain/prices.ts`; null: the model has no price. */
  price: (usage: ModelUsage) => number | null = (usage) => usage.input + usage.output;
  /** Whether the model takes system turns. */
  tells = true;
  micros = 1_700_000_000_000_000;
  result: (call: Call) => Promise<Result> = async (call) => ({
    content: [{ type: "text", text: `ran ${call.name}` }],
    isError: false,
  });

  /** The bytes of content in the bucket. */
  remote: () => AsyncIterable<Uint8Array> = () => {
    throw new Error("no remote blobs here");
  };

  constructor(answers: Answer[], sql: Sql = nodeSql(), created: Pick<Created, "budget"> = {}) {
    this.answers = answers;
    this.sql = sql;
    this.boot();
    if (this.log.init === null) this.log.create({ id: "sesn", threadId: "sthr", agent: { name: "agent" }, ...created });
  }

  /** A new instance over the same rows: what an eviction leaves. */
  boot(): void {
    this.log = new Log(this.sql, { setAlarm: (due) => this.#setAlarm(due) });
    if (this.log.open(Math.floor(this.micros / 1000))) this.log.hydrate();
    this.view = new LogView(this.sql, () => this.log.state.seq);
    this.ports = this.#context();
  }

  get doing(): Doing {
    return this.ports.doing;
  }

  get primary(): ThreadState {
    return primaryThread(this.log.state);
  }

  post(...drafts: { type: Draft["type"]; body?: object; content?: unknown; ref?: BlobRef }[]): Accepted[] | WireError {
    const { doing } = this.ports;
    const b = this.log.begin(this.ports.now());
    let taken: Accepted[];
    try {
      taken = accept(
        b,
        drafts.map((draft) => ({
          type: draft.type,
          body: JSON.stringify(draft.body ?? {}),
          content:
            draft.ref ?? (draft.content === undefined ? null : new TextEncoder().encode(JSON.stringify(draft.content))),
        })),
        { context: () => this.ports, cred: "test", held: false },
      );
    } catch (error) {
      if (error instanceof ApiError) return error.wire;
      throw error;
    }
    const interrupts = b.rows.some((row) => row.type === "user.interrupt");
    advance(b.on(PRIMARY), this.ports);
    this.ports.commit(b);
    if (interrupts) doing.abandonEffects();
    return taken;
  }

  say(text: string): Accepted[] | WireError {
    return this.post({ type: "user.message", content: [{ type: "text", text }] });
  }

  run(): Promise<"rest" | "hop"> {
    return runTurn(this.ports);
  }

  rows(): Row[] {
    return this.view.after(0, 0, { events: 100_000, bytes: Number.MAX_SAFE_INTEGER });
  }

  types(): string[] {
    return this.rows().map((row) => row.type);
  }

  events(type: string): { id: string; [key: string]: unknown }[] {
    return this.rows()
      .filter((row) => row.type === type)
      .map((row) => JSON.parse(eventText(row)));
  }

  #setAlarm(due: number | null): void {
    this.alarm = due;
  }

  #context(): ThreadContext {
    const prompt = new Prompt(
      {
        rowsAfter: (seq) => this.view.promptRows(PRIMARY, seq),
        column: (seq, n, column) => this.view.column(PRIMARY, seq, n, column),
        blob: (sha) => readBlob(this.sql, sha),
        remote: () => this.remote(),
      },
      {
        prefix: (drop, opening) => `{"drop":${drop},"opening":${opening},"messages":[`,
        suffix: (id) => `],"previous":${JSON.stringify(id)}}`,
      },
    );
    return {
      thread: PRIMARY,
      doing: new Doing(),
      log: this.log,
      model: { stream: (request) => this.#stream(request) },
      modelId: "claude-opus-5-5",
      betas: () => [],
      narrates: true,
      takesSystemTurns: true,
      hand: {
        warm: async () => {},
        execute: (call) => {
          this.calls.push(call);
          return this.result(call);
        },
        cancel: async (key) => void this.cancelled.push(key),
        remove: async () => {},
      },
      tools: () => this.tables.get(this.primary.agents.inForce) ?? TOOLS,
      agentAt: () => {
        throw new Error("no agents here");
      },
      priced: () => true,
      prompt,
      commit: (batch) => {
        const rows = this.log.commit(batch);
        this.published.push(...rows);
        return rows;
      },
      preview: (_, preview) => void this.previews.push(preview),
      now: () => (this.micros += 1000),
      retryBaseMs: 1000,
      sessionId: "sesn",
      toolChange: (t) => toolChange(t.state, (place) => this.tables.get(place) ?? TOOLS, this.tells),
      price: (usage) => this.price(usage),
      inputOf: (seq) => JSON.parse(this.view.row(0, seq)?.body ?? "{}"),
    };
  }

  async *#stream(request: ModelRequest): AsyncGenerator<RawEvent> {
    const body = request.body();
    this.bodies.push(body instanceof Uint8Array ? new TextDecoder().decode(body) : await new Response(body).text());
    const answer = this.answers.shift();
    if (!answer) throw new ModelFailure("invalid", "the script has ended", { refused: true });
    if ("holds" in answer) {
      await new Promise((_, reject) =>
        request.signal.addEventListener("abort", () => reject(new ModelFailure("aborted", "aborted"))),
      );
      return;
    }
    if ("fails" in answer && answer.refused) throw new ModelFailure(answer.fails, answer.fails, answer);
    const usage = { input_tokens: 10, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    yield { type: "message_start", message: { id: `msg_${this.bodies.length}`, model: "claude-opus-5-5", usage } };
    for (const [index, block] of ("blocks" in answer ? answer.blocks : (answer.after ?? [])).entries())
      yield* raw(index, block);
    if ("fails" in answer) throw new ModelFailure(answer.fails, answer.fails);
    const stop = answer.stop ?? (answer.blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn");
    yield {
      type: "message_delta",
      delta: { stop_reason: stop, stop_details: answer.details ?? null },
      usage: { output_tokens: 5 },
    };
    yield { type: "message_stop" };
  }
}

function* raw(index: number, block: RawBlock): Generator<RawEvent> {
  if (block.type === "text") {
    yield { type: "content_block_start", index, content_block: { type: "text", text: "" } };
    yield { type: "content_block_delta", index, delta: { type: "text_delta", text: block.text } };
  } else if (block.type === "tool_use") {
    const { input, partial, ...rest } = block;
    yield { type: "content_block_start", index, content_block: { ...rest, input: {} } };
    const json = (partial as string | undefined) ?? JSON.stringify(input);
    yield { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } };
    if (partial !== undefined) return;
  } else yield { type: "content_block_start", index, content_block: block };
  yield { type: "content_block_stop", index };
}

export const text = (value: string): RawBlock => ({ type: "text", text: value });
let nextId = 0;
export const use = (name: string, input: object = {}): RawBlock => ({
  type: "tool_use",
  id: `toolu_${++nextId}`,
  name,
  input,
});
