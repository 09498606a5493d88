/** A story's stage on the real Worker: the official SDK over HTTP, and the strict model server, which answers as the story's script says. */
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import type { Answer } from "../support/model-server/answer.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import type { ClientEvent, DeltaType, ModelAnswer, Step, Story, StoryAgent } from "./format.ts";
import type { Event } from "./match.ts";
import { Refused, type Stage } from "./play.ts";

/** Milliseconds until a wait has failed, a bound on hanging and not a measurement; and between two looks. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 20;
/** Takes system turns and thinks: every story that asks for nothing else runs with it. */
const MODEL = "claude-opus-5-5";

export class WorkerStage implements Stage {
  protected readonly sdk: Anthropic;
  protected readonly model: ModelServer;
  protected readonly story: Story;
  protected id = "";
  readonly #frames: Event[] = [];
  #stream: { controller: AbortController } | null = null;
  #reading: Promise<void> = Promise.resolve();

  constructor(sdk: Anthropic, model: ModelServer, story: Story) {
    this.sdk = sdk;
    this.model = model;
    this.story = story;
  }

  async create({ tools, model, budget }: StoryAgent, initial: ClientEvent[]): Promise<void> {
    this.#script();
    const { beta } = this.sdk;
    const environment = await beta.environments.create({ name: `story ${crypto.randomUUID()}` });
    const agent = await beta.agents.create({ name: "story", model: model ?? MODEL, tools });
    const session = await beta.sessions.create({
      agent: agent.id,
      environment_id: environment.id,
      ...(budget ? { budget } : {}),
      ...(initial.length > 0 ? { initial_events: initial as never } : {}),
    });
    this.id = session.id;
  }

  async connect(event_deltas: DeltaType[]): Promise<void> {
    const stream = await this.sdk.beta.sessions.events.stream(this.id, { event_deltas });
    this.#stream = stream;
    this.#reading = (async () => {
      for await (const frame of stream) this.#frames.push(frame as unknown as Event);
    })().catch((error: unknown) => {
      if (!(error instanceof Anthropic.APIUserAbortError)) throw error;
    });
  }

  async send(events: ClientEvent[]): Promise<Event[]> {
    return refusals(async () => {
      const { data = [] } = await this.sdk.beta.sessions.events.send(this.id, { events });
      return data as unknown as Event[];
    });
  }

  async list(type?: string): Promise<Event[]> {
    const events: Event[] = [];
    for await (const event of this.sdk.beta.sessions.events.list(this.id, type ? { types: [type as never] } : {}))
      events.push(event as unknown as Event);
    return events;
  }

  async status(): Promise<string> {
    return (await this.sdk.beta.sessions.retrieve(this.id)).status;
  }

  async update(params: Extract<Step, { do: "update" }>["params"]): Promise<void> {
    await refusals(() => this.sdk.beta.sessions.update(this.id, params));
  }

  async archive(): Promise<void> {
    await refusals(() => this.sdk.beta.sessions.archive(this.id));
  }

  async remove(): Promise<void> {
    await refusals(() => this.sdk.beta.sessions.delete(this.id));
  }

  /** What the model has sent before its hold is still on its way when the model holds: a reader of previews waits for it. */
  async held(): Promise<void> {
    await this.model.held();
    const held = this.story.script.find((answer) => typeof answer.hold === "number");
    if (!held || this.#stream === null) return;
    const said = held.blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
    await this.#until("what the held answer has said so far", (frames) => {
      const deltas = frames.filter((frame) => frame.type === "event_delta");
      return deltas.map((frame) => (frame.delta as { content: { text: string } }).content.text).join("") === said;
    });
  }

  async release(): Promise<void> {
    this.model.release();
  }

  async told(): Promise<void> {}

  async passes(looks: number): Promise<boolean> {
    if (looks > 0) await sleep(LOOK_MS);
    return looks * LOOK_MS < PATIENCE_MS;
  }

  async frames(events: Event[]): Promise<Event[]> {
    if (this.#stream === null) return [];
    const last = events.findLast((event) => event.processed_at)?.id;
    await this.#until("the stream to be level", (frames) => frames.some(({ id }) => id === last));
    return this.#frames;
  }

  async close(): Promise<void> {
    this.#stream?.controller.abort();
    await this.#reading;
  }

  #script(): void {
    const { script } = this.story;
    const answers = script.map(answerOf);
    const repeated = script.at(-1)?.repeat ? answers.at(-1) : undefined;
    this.model.reset();
    this.model.queue(...(repeated ? answers.slice(0, -1) : answers));
    this.model.setDefault(repeated ?? outOfScript);
  }

  async #until(what: string, done: (frames: Event[]) => boolean): Promise<void> {
    for (let looks = 0; await this.passes(looks); looks++) if (done(this.#frames)) return;
    throw new Error(`waited in vain for ${what}`);
  }
}

async function refusals<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Anthropic.APIError) || error.status === undefined) throw error;
    const type = (error.error as { error?: { type?: string } } | undefined)?.error?.type ?? "";
    const { status, errorCode, message } = error;
    throw new Refused({ status, type, ...(errorCode ? { code: errorCode } : {}) }, message);
  }
}

const outOfScript: Answer = { blocks: [], fault: { kind: "status", status: 400, message: "the script has ended" } };

/** As the model server is told it. */
export function answerOf(answer: ModelAnswer): Answer {
  const blocks = answer.blocks.map((block) => {
    if (block.type === "tool_use") return { type: block.type, name: block.name, input: block.input };
    if (block.type === "tool_use_cut") return { type: block.type, name: block.name, partial: block.partial };
    return block;
  });
  return {
    blocks: blocks as Answer["blocks"],
    ...(answer.error ? { fault: faultOf(answer.error) } : { stop_reason: answer.stop_reason }),
    ...(answer.usage ? { usage: answer.usage } : {}),
    ...(answer.stop_details ? { stop_details: { ...answer.stop_details } } : {}),
    ...(answer.hold === undefined ? {} : { hold: answer.hold === "start" ? "before_headers" : "before_stop" }),
  };
}

/** Events before a stream breaks off: its start, a block's start, one delta. */
const BEFORE_CUT = 3;

function faultOf(error: NonNullable<ModelAnswer["error"]>): NonNullable<Answer["fault"]> {
  if (error === "cut_stream") return { kind: "cut", after: BEFORE_CUT };
  return { kind: "status", ...error };
}
