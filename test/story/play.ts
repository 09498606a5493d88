/** Plays a story on a stage: the real Worker (worker.ts), that one dying at its writes (test/recovery), or the Session object on Node (node.ts). */
import type { ClientEvent, DeltaType, Expected, Refusal, Sent, Step, Story, StoryAgent } from "./format.ts";
import { type Event, Mismatch, matchLog, Names } from "./match.ts";

/** What a story is played on. A call that is refused throws `Refused`. */
export interface Stage {
  create(agent: StoryAgent, initial: ClientEvent[]): Promise<void>;
  connect(deltas: DeltaType[]): Promise<void>;
  /** The events as the answer shows them. */
  send(events: ClientEvent[]): Promise<Event[]>;
  list(type?: string): Promise<Event[]>;
  status(): Promise<string>;
  update(params: Extract<Step, { do: "update" }>["params"]): Promise<void>;
  archive(): Promise<void>;
  remove(): Promise<void>;
  /** Until the model holds an answer. */
  held(): Promise<void>;
  release(): Promise<void>;
  /** Until the catalog has been told of what happened. */
  told(): Promise<void>;
  /** Called before each look at what is awaited, with the number of looks before: lets time pass. False: it has been too long. */
  passes(looks: number): Promise<boolean>;
  /** The frames of the stream, once the newest of these events has come through it. */
  frames(events: Event[]): Promise<Event[]>;
  close(): Promise<void>;
}

/** Status, error type and `error_code` of a refused call. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}

export interface Played {
  events: Event[];
  frames: Event[];
  names: Names;
}

export async function play(story: Story, stage: Stage): Promise<Played> {
  const player = new Player(story, stage);
  try {
    for (const step of story.steps) await player.step(step);
    return await player.played();
  } finally {
    await stage.close();
  }
}

class Player {
  readonly #story: Story;
  readonly #stage: Stage;
  readonly #names = new Names();

  constructor(story: Story, stage: Stage) {
    this.#story = story;
    this.#stage = stage;
  }

  async played(): Promise<Played> {
    const gone = this.#story.steps.at(-1)?.do === "remove";
    const events = gone ? [] : await this.#stage.list();
    const frames = await this.#stage.frames(events);
    this.#bindCalls(events);
    return { events, frames, names: this.#names };
  }

  async step(step: Step): Promise<void> {
    const stage = this.#stage;
    switch (step.do) {
      case "create":
        return this.#create(step.initial_events);
      case "connect":
        return stage.connect(step.event_deltas);
      case "send":
        return this.#send(step);
      case "wait":
        return this.#until(
          `${step.count} ${step.type}`,
          async () => (await stage.list(step.type)).length >= step.count,
        );
      case "wait_held":
        return stage.held();
      case "release":
        return stage.release();
      case "told":
        return stage.told();
      case "expect_tail":
        return this.#tail(step.lines);
      case "expect_status":
        return this.#until(`status ${step.status}`, async () => (await stage.status()) === step.status);
      case "update":
        return refusable(step.refused, () => stage.update(step.params));
      case "archive":
        return refusable(step.refused, () => stage.archive());
      case "remove":
        return stage.remove();
    }
  }

  async #create(initial: Sent[] = []): Promise<void> {
    await this.#stage.create(
      this.#story.agent,
      initial.map(({ event }) => event),
    );
    if (initial.length === 0) return;
    const stored = (await this.#stage.list()).filter((event) => event.type.startsWith("user."));
    for (const [i, { as }] of initial.entries()) if (as) this.#names.bind(as, stored[i]?.id as string);
  }

  async #send(step: Extract<Step, { do: "send" }>): Promise<void> {
    if (JSON.stringify(step.events.map(({ event }) => event)).includes('"@')) this.#bindCalls(await this.#stage.list());
    const events = step.events.map((sent) => this.#named(sent.event));
    await refusable(step.refused, async () => {
      const data = await this.#stage.send(events);
      for (const [i, sent] of step.events.entries()) {
        const echoed = data[i];
        if (sent.as) this.#names.bind(sent.as, echoed?.id as string);
        const wanted = step.echo?.[i];
        const found = echoed?.processed_at ? "stamped" : "pending";
        if (wanted && wanted !== found) throw new Mismatch(`the answer shows event ${i} ${found}, not ${wanted}`);
      }
    });
  }

  async #tail(lines: Expected[]): Promise<void> {
    matchLog((await this.#stage.list()).slice(-lines.length), lines, this.#names);
  }

  /** The n-th tool use of the script is the n-th tool-use event of the log. */
  #bindCalls(events: Event[]): void {
    const uses = this.#story.script
      .flatMap((answer) => answer.blocks)
      .filter((block) => block.type === "tool_use" || (block.type === "tool_use_cut" && block.as !== undefined));
    const found = events.filter((event) => event.type === "agent.tool_use" || event.type === "agent.custom_tool_use");
    for (const [i, use] of uses.entries()) {
      const event = found[i];
      if (event && "as" in use && use.as) this.#names.bind(use.as, event.id as string);
    }
  }

  #named(event: ClientEvent): ClientEvent {
    return JSON.parse(JSON.stringify(event), (_, value: unknown) =>
      typeof value === "string" && value.startsWith("@") ? (this.#names.get(value) ?? value) : value,
    ) as ClientEvent;
  }

  async #until(what: string, done: () => Promise<boolean>): Promise<void> {
    for (let looks = 0; await this.#stage.passes(looks); looks++) if (await done()) return;
    const types = (await this.#stage.list()).map((event) => event.type).join("\n  ");
    throw new Mismatch(`waited in vain for ${what}; the log:\n  ${types}`);
  }
}

async function refusable(refused: Refusal | undefined, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused) || !refused) throw error;
    const { status, type, code } = error.refusal;
    if (status !== refused.status || type !== refused.type) throw error;
    if (refused.code !== undefined && code !== refused.code) throw error;
    return;
  }
  if (refused) throw new Mismatch(`was accepted, not refused with ${refused.status}`);
}
