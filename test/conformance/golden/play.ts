/** Plays a scenario's steps against a real server through the official SDK. */
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import type { Answer } from "../../support/model-server/answer.ts";
import type { ModelServer } from "../../support/model-server/contract.ts";
import type { ClientEvent, ModelAnswer, Refusal, Scenario, Sent, Step } from "./format.ts";
import { type Event, Mismatch, matchLog, Names } from "./match.ts";

/** Milliseconds until a wait has failed. A bound on hanging, not a measurement. */
const PATIENCE_MS = 60_000;
const POLL_MS = 20;
/** Takes system turns and thinks: every scenario that asks for nothing else runs with it. */
const MODEL = "claude-opus-5-5";

export interface Played {
  events: Event[];
  frames: Event[];
  names: Names;
}

export class Player {
  readonly #client: Anthropic;
  readonly #model: ModelServer;
  readonly #scenario: Scenario;
  readonly #names = new Names();
  readonly #frames: Event[] = [];
  #stream: { controller: AbortController } | null = null;
  #reading: Promise<void> = Promise.resolve();
  #session = "";

  constructor(client: Anthropic, model: ModelServer, scenario: Scenario) {
    this.#client = client;
    this.#model = model;
    this.#scenario = scenario;
  }

  async play(): Promise<Played> {
    this.#script();
    try {
      for (const step of this.#scenario.steps) await this.#step(step);
      const events = await this.#events();
      await this.#until("the stream to be level", async () => this.#stream === null || this.#level(events));
      this.#bindCalls(events);
      return { events, frames: this.#frames, names: this.#names };
    } finally {
      this.#stream?.controller.abort();
      await this.#reading;
    }
  }

  #script(): void {
    this.#model.reset();
    const answers = this.#scenario.script.map(answerOf);
    const last = this.#scenario.script.at(-1);
    this.#model.queue(...(last?.repeat ? answers.slice(0, -1) : answers));
    this.#model.setDefault(last?.repeat ? (answers.at(-1) as Answer) : outOfScript);
  }

  async #step(step: Step): Promise<void> {
    switch (step.do) {
      case "create":
        return this.#create(step.initial_events);
      case "connect":
        return this.#connect(step.event_deltas);
      case "send":
        return this.#send(step);
      case "wait":
        return this.#until(`${step.count} ${step.type}`, async () => {
          const page = await this.#client.beta.sessions.events.list(this.#session, { types: [step.type] });
          return page.data.length >= step.count;
        });
      case "wait_held":
        await this.#model.held();
        return this.#until("what the held answer has said so far", async () => this.#saidSoFar());
      case "release":
        this.#model.release();
        return;
      case "expect_tail": {
        const events = await this.#events();
        return matchLog(events.slice(-step.lines.length), step.lines, this.#names);
      }
      case "expect_status":
        return this.#until(`status ${step.status}`, async () => {
          const session = await this.#client.beta.sessions.retrieve(this.#session);
          return session.status === step.status;
        });
      case "update":
        return this.#refusable(
          step.refused,
          async () => void (await this.#client.beta.sessions.update(this.#session, step.params)),
        );
      case "archive":
        return this.#refusable(
          step.refused,
          async () => void (await this.#client.beta.sessions.archive(this.#session)),
        );
    }
  }

  async #create(initial: Sent[] = []): Promise<void> {
    const { beta } = this.#client;
    const name = `golden ${crypto.randomUUID()}`;
    const environment = await beta.environments.create({ name });
    const { tools, model, budget } = this.#scenario.agent;
    const agent = await beta.agents.create({ name: "golden", model: model ?? MODEL, tools });
    const session = await beta.sessions.create({
      agent: agent.id,
      environment_id: environment.id,
      ...(budget ? { budget } : {}),
      ...(initial.length > 0 ? { initial_events: initial.map((sent) => this.#named(sent.event)) as never } : {}),
    });
    this.#session = session.id;
    const stored = (await this.#events()).filter((event) => event.type.startsWith("user."));
    for (const [i, sent] of initial.entries()) if (sent.as) this.#names.bind(sent.as, stored[i]?.id as string);
  }

  async #connect(deltas: ("agent.message" | "agent.thinking")[]): Promise<void> {
    const stream = await this.#client.beta.sessions.events.stream(this.#session, { event_deltas: deltas });
    this.#stream = stream;
    this.#reading = (async () => {
      for await (const frame of stream) this.#frames.push(frame as unknown as Event);
    })().catch((error: unknown) => {
      if (!(error instanceof Anthropic.APIUserAbortError)) throw error;
    });
  }

  async #send(step: Extract<Step, { do: "send" }>): Promise<void> {
    this.#bindCalls(await this.#events());
    const events = step.events.map((sent) => this.#named(sent.event));
    await this.#refusable(step.refused, async () => {
      const { data = [] } = await this.#client.beta.sessions.events.send(this.#session, { events });
      for (const [i, sent] of step.events.entries()) {
        const echoed = data[i] as unknown as Event;
        if (sent.as) this.#names.bind(sent.as, echoed.id as string);
        const wanted = step.echo?.[i];
        const found = echoed.processed_at ? "stamped" : "pending";
        if (wanted && wanted !== found) throw new Mismatch(`the answer shows event ${i} ${found}, not ${wanted}`);
      }
    });
  }

  async #refusable(refused: Refusal | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Anthropic.APIError) || !refused) throw error;
      const type = (error.error as { error?: { type?: string } } | undefined)?.error?.type;
      if (error.status !== refused.status || type !== refused.type) throw error;
      if (refused.code !== undefined && error.errorCode !== refused.code) throw error;
      return;
    }
    if (refused) throw new Mismatch(`was accepted, not refused with ${refused.status}`);
  }

  /** The n-th tool use of the script is the n-th tool-use event of the log. */
  #bindCalls(events: Event[]): void {
    const uses = this.#scenario.script
      .flatMap((answer) => answer.blocks)
      .filter((block) => block.type === "tool_use" || (block.type === "tool_use_cut" && block.as !== undefined));
    const found = events.filter((event) => event.type === "agent.tool_use" || event.type === "agent.custom_tool_use");
    for (const [i, use] of uses.entries()) {
      const as = "as" in use ? use.as : undefined;
      if (as && found[i]) this.#names.bind(as, found[i].id as string);
    }
  }

  #named(event: ClientEvent): ClientEvent {
    return JSON.parse(JSON.stringify(event), (_, value) =>
      typeof value === "string" && value.startsWith("@") ? (this.#names.get(value) ?? value) : value,
    );
  }

  /** What the model has sent before its hold is still on its way when the model holds: a reader of previews waits for it. */
  #saidSoFar(): boolean {
    const held = this.#scenario.script.find((answer) => typeof answer.hold === "number");
    if (!held || this.#stream === null) return true;
    const said = held.blocks.map((block) => (block.type === "text" ? block.text : "")).join("");
    const deltas = this.#frames.filter((frame) => frame.type === "event_delta");
    return deltas.map((frame) => (frame.delta as { content: { text: string } }).content.text).join("") === said;
  }

  async #events(): Promise<Event[]> {
    const events: Event[] = [];
    for await (const event of this.#client.beta.sessions.events.list(this.#session))
      events.push(event as unknown as Event);
    return events;
  }

  /** The newest stored event has come through the stream too. */
  #level(events: Event[]): boolean {
    const last = events.findLast((event) => event.processed_at)?.id;
    return this.#frames.some((frame) => frame.id === last);
  }

  async #until(what: string, done: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(POLL_MS)) {
      if (await done()) return;
      if (Date.now() < end) continue;
      const types = (await this.#events()).map((event) => event.type).join("\n  ");
      throw new Mismatch(`waited in vain for ${what}; the log:\n  ${types}`);
    }
  }
}

const outOfScript: Answer = { blocks: [], fault: { kind: "status", status: 400, message: "the script has ended" } };

function answerOf(answer: ModelAnswer): Answer {
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
  if (error === "stall") return { kind: "stall", after: BEFORE_CUT };
  return { kind: "status", ...error };
}
