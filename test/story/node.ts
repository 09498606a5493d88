/**
 * A story's stage without workerd: the Session object on Node, in the simulator's world (test/sim), with its tables and its clock. The model answers as
 * the story's script says, and tools as its log does. Needs the simulator's globals (`install` of sim/globals.ts); stages are played one by one.
 */
import { createHash } from "node:crypto";
import type { Outcome } from "../../src/protocol/errors.ts";
import type { SessionObject } from "../../src/session/session.ts";
import { settled } from "../sim/globals.ts";
import type { Answer, Block } from "../sim/model-server.ts";
import type { World } from "../sim/world.ts";
import { calmWorld } from "./calm.ts";
import type { ClientEvent, ModelAnswer, Step, Story, StoryAgent } from "./format.ts";
import { resolved, sessionInit } from "./init.ts";
import type { Event } from "./match.ts";
import { Refused, type Stage } from "./play.ts";

/** Looks of a wait in which little has to happen; in a longer one, so much happens between two. */
const SHORT_WAIT = 60;
/** Looks until a wait has failed, though something may still happen: alarms come for ever. */
const MOST_LOOKS = 300;
const EVERYTHING = { order: "asc" as const, limit: 1000, page: null, key: "k", types: null };

export class NodeStage implements Stage {
  readonly #script: ModelAnswer[];
  /** What the calls of the log give, in its order. */
  readonly #outputs: string[];
  #world!: World;
  #held = false;
  #posts = 0;

  constructor({ script, expected }: Story) {
    this.#script = [...script];
    this.#outputs = expected.flatMap((line) => {
      if (!("type" in line) || line.type !== "agent.tool_result" || line.is_error) return [];
      return [
        ((line.content as { text?: { contains: string } }[] | undefined)?.[0]?.text?.contains ?? "done") as string,
      ];
    });
  }

  async create({ tools, model, budget }: StoryAgent, initial: ClientEvent[]): Promise<void> {
    const init = sessionInit(tools, {
      createdAt: 1_700_000_000_000_000,
      ...(budget ? { budget: budget as never } : {}),
    });
    if (model) init.agent.model = { ...init.agent.model, id: model };
    this.#world = calmWorld({
      init,
      answer: () => this.#answer(),
      later: (run, { pending, life }) => void pending.later(life, "timer").then(run),
    });
    await this.#ask((session) => session.create(init, initial.map(draftOf), this.#sender(initial)));
  }

  /** Previews are the real Worker's to show. */
  async connect(): Promise<void> {}

  async send(events: ClientEvent[]): Promise<Event[]> {
    const body = await this.#ask((session) =>
      session.emitEvents(this.#workspace, events.map(draftOf), this.#sender(events)),
    );
    return (JSON.parse(String(body)) as { data: Event[] }).data;
  }

  async list(type?: string): Promise<Event[]> {
    const events: Event[] = [];
    for (let page: string | null = null; ; ) {
      const query = { ...EVERYTHING, page, types: type ? [type] : null };
      const body = await this.#ask((session) => session.getEvents(this.#workspace, null, query));
      const got = JSON.parse(String(body)) as { data: Event[]; next_page: string | null };
      events.push(...got.data);
      page = got.next_page;
      if (page === null) return events;
    }
  }

  async status(): Promise<string> {
    return ((await this.#ask((session) => session.getSession(this.#workspace))) as { status: string }).status;
  }

  async update({ agent, ...params }: Extract<Step, { do: "update" }>["params"]): Promise<void> {
    const tools = agent && "tools" in agent && agent.tools ? { agent: { tools: resolved(agent.tools) } } : {};
    await this.#ask((session) => session.update(this.#workspace, { ...(params as object), ...tools }));
  }

  async archive(): Promise<void> {
    await this.#ask((session) => session.archive(this.#workspace));
  }

  async remove(): Promise<void> {
    await this.#ask((session) => session.remove(this.#workspace));
  }

  async held(): Promise<void> {
    for (let steps = 0; !this.#held && (await this.passes(steps)); steps++);
  }

  async release(): Promise<void> {
    this.#held = false;
  }

  /** Here no alarm is due before something waits for it. */
  async told(): Promise<void> {}

  /** One thing happens, or many when the wait is long already; nothing can any more, and the wait is in vain. */
  async passes(looks: number): Promise<boolean> {
    let happened = 0;
    for (let i = 0; i < (looks < SHORT_WAIT ? 1 : SHORT_WAIT); i++) if (await this.#step()) happened++;
    return looks < MOST_LOOKS && (happened > 0 || looks === 0);
  }

  async frames(): Promise<Event[]> {
    return [];
  }

  async close(): Promise<void> {}

  get #workspace(): string {
    return this.#world.init.workspace;
  }

  /** The answer of the object; things happen meanwhile only if it waits for them. */
  async #ask<T>(work: (session: SessionObject) => Promise<Outcome<T>>): Promise<T | string> {
    let over = false;
    const asked = this.#world.call(work).finally(() => {
      over = true;
    });
    await settled();
    for (let steps = 0; !over && (await this.passes(steps)); steps++);
    const outcome = await asked;
    if (outcome === null) throw new Error(`no answer: ${this.#world.lines.join()}`);
    if (outcome.ok) return outcome.value;
    const { status, type, code, message } = outcome.error;
    throw new Refused({ status, type, ...(code ? { code } : {}) }, message);
  }

  /** The next thing that can happen: a call ends, or what was under way arrives, or an alarm is due. A held answer does not come. */
  async #step(): Promise<boolean> {
    const { hand, pending, alarms } = this.#world;
    await settled();
    const running = hand.running[0];
    const comes = pending.arrivals.findIndex(({ what }) => what !== "timer" && !(this.#held && what === "model"));
    // A time limit runs out only where nothing else comes.
    const next = comes >= 0 ? comes : pending.arrivals.findIndex(({ what }) => what === "timer");
    if (running) hand.finish(running.key, this.#outputs.shift());
    else if (next >= 0) pending.deliver(next);
    const due = running || next >= 0 || this.#held ? null : alarms.due;
    if (due !== null) {
      this.#world.now = Math.max(this.#world.now, due);
      void alarms.fire();
    }
    this.#world.now += 1;
    await settled();
    return running !== undefined || next >= 0 || due !== null;
  }

  #answer(): Answer {
    const given = this.#script[0];
    if (!given) throw new Error("the script has ended");
    if (!given.repeat) this.#script.shift();
    this.#held = given.hold !== undefined;
    const place = this.#world.model.bodies.length;
    const blocks = given.blocks.map((block, i): Block => {
      if (block.type === "text") return block;
      if (block.type === "thinking") return { type: "thinking", thinking: "", signature: `signature ${place}` };
      const input = block.type === "tool_use" ? block.input : { cut: block.partial };
      return { type: "tool_use", id: `toolu_${place}_${i}`, name: block.name, input };
    });
    if (given.error === "cut_stream") return { how: "broken", blocks, kind: "cut" };
    if (given.error) return { how: "refused", kind: KINDS[given.error.status] ?? "server" };
    const tokens = given.usage?.output_tokens;
    return {
      how: "complete",
      blocks,
      stop: given.stop_reason,
      cutLast: given.blocks.at(-1)?.type === "tool_use_cut",
      ...(given.stop_details ? { details: given.stop_details } : {}),
      ...(tokens === undefined ? {} : { tokens }),
    };
  }

  #sender(events: ClientEvent[]) {
    const digest = createHash("sha256").update(JSON.stringify(events)).digest("hex");
    return { cred: "test", key: `post ${this.#posts++}`, digest, retry: 0 };
  }
}

/** What a status says to the loop. */
const KINDS: Record<number, Extract<Answer, { how: "refused" }>["kind"]> = {
  400: "context",
  401: "auth",
  529: "overloaded",
};

/** As the Worker makes it of a request's event. */
function draftOf(event: ClientEvent): Parameters<SessionObject["emitEvents"]>[1][number] {
  const { type, content, ...body } = event as { type: string; content?: object };
  const bytes = content === undefined ? null : new TextEncoder().encode(JSON.stringify(content));
  return { type, body: JSON.stringify(body), content: bytes };
}
