/** A session whose model refuses what the Messages API refuses, and what the museum and the log fuzz ask of it. */
import { ModelFailure, type ModelRequest, type RawEvent } from "../../src/brain/model.ts";
import { requestBetas, requestPrefix, requestSuffix } from "../../src/brain/prompt/request.ts";
import { eventText, type Row } from "../../src/log/rows.ts";
import { sessionStatus } from "../../src/log/state.ts";
import { INVARIANTS } from "../checker/check.ts";
import type { Dump, WireEvent } from "../checker/dump.ts";
import { AnswerMemory } from "../support/model-server/memory.ts";
import { validateReceived } from "../support/model-server/validate.ts";
import { type Answer, OpenSession } from "../support/open-session.ts";

const AGENT = { model: { id: "claude-opus-5-5" }, system: "Work." };
const NAMES = ["bash", "write", "ask_user"];
const TOOLS = NAMES.map((name) => ({ name, description: name, input_schema: { type: "object" } }));
/** Turns of the loop before a session counts as stuck. */
const MOST_RUNS = 40;

/** The body as it leaves in production: the session's own messages between the real ends of a request. */
export function wireBody(body: string): string {
  const previous = body.lastIndexOf('],"previous":');
  const { drop } = JSON.parse(`${body.slice(0, body.indexOf(","))}}`) as { drop: boolean };
  const messages = body.slice(body.indexOf("[") + 1, previous);
  const previousMessageId = JSON.parse(body.slice(previous + '],"previous":'.length, -1)) as string | null;
  return (
    requestPrefix({ agent: AGENT, tools: TOOLS, dropBlock: drop }) + messages + requestSuffix({ previousMessageId })
  );
}

/** Why the strict validator refuses a request (I10); null when it does not. */
export function refusal(body: string): string | null {
  const headers = {
    "x-api-key": "sk-test",
    "anthropic-version": "2026-10-21",
    "anthropic-beta": requestBetas({ agent: AGENT }).join(),
  };
  const raw = new TextEncoder().encode(wireBody(body));
  const context = { secret: "museum", memory: new AnswerMemory(), windows: true };
  const verdict = validateReceived({ endpoint: "messages", headers, raw }, context);
  return verdict && `I10: ${verdict.rule}: ${verdict.message}`;
}

export class StrictSession extends OpenSession {
  #script: Answer[] | null = null;

  override boot(): void {
    super.boot();
    const { stream } = this.ports.model;
    this.ports.model = { stream: (request) => this.#judged(request, stream) };
  }

  /** From now on the model answers by how far the conversation is: a request that is repeated gets the same answer. */
  plays(script: Answer[]): this {
    this.#script = script;
    return this;
  }

  /** Lets the session go on, through every back-off, until nothing is left to do. */
  async settle(): Promise<void> {
    for (let runs = 0; runs < MOST_RUNS; runs++) {
      const { retryAt } = this.primary;
      const status = sessionStatus(this.log.state);
      if (status === "idle" || status === "terminated") return;
      if (retryAt !== null) this.micros = Math.max(this.micros, retryAt);
      await this.run();
    }
    throw new Error(`still ${this.primary.status} after ${MOST_RUNS} runs: ${this.types().join(" ")}`);
  }

  /** Answers every call that waits for the client: asks are allowed. */
  answer(result: "allow" | "deny" = "allow"): void {
    const stop = this.log.state.stop;
    for (const id of stop?.type === "requires_action" ? stop.event_ids : []) {
      if (this.primary.calls.find((call) => call.id === id)?.family === "custom")
        this.post({
          type: "user.custom_tool_result",
          body: { custom_tool_use_id: id },
          content: [{ type: "text", text: "42" }],
        });
      else this.post({ type: "user.tool_confirmation", body: { tool_use_id: id, result } });
    }
  }

  list(): WireEvent[] {
    const short = (row: Row): Row => ({ ...row, content: typeof row.content === "string" ? row.content : null });
    return this.rows().map((row) => JSON.parse(eventText(short(row))) as WireEvent);
  }

  /** What the checker's invariants over the list say: their violations. */
  violations(...ids: string[]): string[] {
    const dump = {
      events: this.list(),
      earlier: [],
      connections: [],
      quiet: true,
      selfHosted: false,
    } as unknown as Dump;
    return INVARIANTS.filter((one) => ids.includes(one.id)).flatMap((one) =>
      one.evaluate(dump).violations.map((said) => `${one.id}: ${said}`),
    );
  }

  /** What the strict model refused (I10). */
  refused(): string[] {
    return this.errors().filter((message) => message.startsWith("I10"));
  }

  errors(): string[] {
    return this.events("session.error").map((event) => (event.error as { message: string }).message);
  }

  async *#judged(
    request: ModelRequest,
    stream: (request: ModelRequest) => AsyncIterable<RawEvent>,
  ): AsyncGenerator<RawEvent> {
    const bytes = request.body();
    const body = bytes instanceof Uint8Array ? new TextDecoder().decode(bytes) : await new Response(bytes).text();
    const said = refusal(body);
    if (said !== null) throw new ModelFailure("invalid", said, { refused: true });
    const answer = this.#script?.[conversation(body).filter((message) => message.role === "assistant").length];
    if (answer) this.answers.splice(0, this.answers.length, answer);
    yield* stream(request);
  }
}

/** A session that was told to go, and has gone as far as it goes by itself. */
export async function said(answers: Answer[], session = new StrictSession(answers)): Promise<StrictSession> {
  session.say("go");
  await session.settle();
  return session;
}

export interface Message {
  role: string;
  content: { type: string; text?: string; id?: string; tool_use_id?: string; content?: { text: string }[] }[];
}

/** The messages of a request. */
export function conversation(body: string | undefined): Message[] {
  return (JSON.parse(body ?? '{"messages":[]}') as { messages: Message[] }).messages;
}
