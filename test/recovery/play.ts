/** A story on host.ts, with or without a crash, and what it left. */
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import type { ClientEvent, Story, StoryAgent } from "../story/format.ts";
import type { Event } from "../story/match.ts";
import { type Played, play } from "../story/play.ts";
import { answerOf, WorkerStage } from "../story/worker.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import type { Life, When } from "./faults.ts";

export interface Fault {
  at: number;
  when: When;
}

export interface Outcome extends Omit<Played, "events" | "frames"> {
  life: Life;
  /** Null: the session is gone, for clients and on the list. */
  events: Event[] | null;
  /** The lines that commands left in the machine's file. */
  marks: string[];
  /** Hashes of the requests that reached the model server, and what it refused. */
  requests: string[];
  refused: string[];
}

/** What a play needs beside its story. */
export interface Place {
  sdk: Anthropic;
  model: ModelServer;
  url: string;
  agent: string;
  environment: string;
}

/** Milliseconds: a bound on hanging, and between two looks. */
const PATIENCE_MS = 90_000;
const LOOK_MS = 25;
/** What the texts of messages end with: which script the model follows, and how many of its answers came before. */
const MARK = / \[script:[\w+-]+\]/g;

export async function outcome(story: Story, place: Place, fault: Fault | null): Promise<Outcome> {
  const stage = new KilledStage(story, place, fault);
  const { names } = await play(story, stage);
  return { names, ...(await stage.left()) };
}

class KilledStage extends WorkerStage {
  readonly #place: Place;
  readonly #fault: Fault | null;
  /** The word that this run's texts have and no other's: many are played at the same time. */
  readonly #key = `r${crypto.randomUUID()}`;

  constructor(story: Story, place: Place, fault: Fault | null) {
    super(place.sdk, place.model, story);
    this.#place = place;
    this.#fault = fault;
  }

  override async create(_: StoryAgent, initial: ClientEvent[]): Promise<void> {
    this.model.script(this.#key, this.story.script.map(answerOf));
    const fault = this.#fault;
    const { id } = await this.sdk.beta.sessions.create(
      {
        agent: this.#place.agent,
        environment_id: this.#place.environment,
        metadata: fault ? { fault: `${fault.at} ${fault.when}` } : {},
        ...(initial.length > 0 ? { initial_events: initial.map((event) => this.#marked(event)) as never } : {}),
      },
      { headers: { "idempotency-key": this.#key } },
    );
    this.id = id;
  }

  override send(events: ClientEvent[]): Promise<Event[]> {
    return super.send(events.map((event) => this.#marked(event)));
  }

  override async list(type?: string): Promise<Event[]> {
    const events = await super.list(type);
    return JSON.parse(JSON.stringify(events).replaceAll(MARK, "")) as Event[];
  }

  /** Until the session is idle nobody touches it: if it died, its alarm alone goes on. */
  override async passes(): Promise<boolean> {
    await this.#until((one) => one.status === "idle" && one.writes.some((says) => says.includes("status_idle")));
    await sleep(LOOK_MS);
    return true;
  }

  override async held(): Promise<void> {
    await this.model.journal.waitFor(1, this.#key);
  }

  /** The alarm that tells the catalog also prunes. */
  override async told(): Promise<void> {
    await this.#until(({ writes }) => writes.includes("prune"));
  }

  /** Held answers come, now and if they are asked for again. */
  override async release(): Promise<void> {
    this.model.script(
      this.#key,
      this.story.script.map(({ hold: _, ...answer }) => answerOf(answer)),
    );
    this.model.release(this.#key);
  }

  /** A delete whose answer was lost is a 404 when it is sent again: it is gone. */
  override async remove(): Promise<void> {
    await this.sdk.beta.sessions.delete(this.id).catch((error: unknown) => {
      if (!(error instanceof Anthropic.NotFoundError)) throw error;
    });
  }

  async left(): Promise<Omit<Outcome, "names">> {
    const life = await this.#until((one) => one.erased || (one.status !== "running" && !one.alarm));
    if (life.erased) await this.#gone();
    const requests = this.model.journal.messages().filter(({ raw }) => raw?.includes(this.#key));
    return {
      life,
      events: life.erased ? null : await this.list(),
      marks: life.erased ? [] : await this.#marks(),
      requests: requests.map(({ sha256 }) => sha256),
      refused: requests.flatMap(({ verdict }) => (verdict ? [verdict.message] : [])),
    };
  }

  /** A message says how many answers were asked for before it: one that was cut off does not come again. */
  #marked(event: ClientEvent): ClientEvent {
    if (event.type !== "user.message") return event;
    const text = (event.content as { text: string }[])[0]?.text;
    const lines = this.story.expected;
    const place = lines.findIndex((line) => "content" in line && JSON.stringify(line.content).includes(`"${text}"`));
    const before = lines.slice(0, place).filter((line) => "type" in line && line.type === "span.model_request_start");
    return { ...event, content: [{ type: "text", text: `${text} [script:${this.#key}+${before.length}]` }] };
  }

  async #until(fits: (life: Life) => boolean): Promise<Life> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(LOOK_MS)) {
      const life = (await (await fetch(`${this.#place.url}/life/${this.id}`)).json()) as Life;
      if (fits(life)) return life;
      if (Date.now() > end) throw new Error(`${this.story.name} stands still: ${JSON.stringify(life)}`);
    }
  }

  async #gone(): Promise<void> {
    const found = await this.sdk.beta.sessions.retrieve(this.id).catch((error: unknown) => error);
    if (!(found instanceof Anthropic.NotFoundError)) throw new Error(`${this.id} was deleted and is there`);
    for await (const session of this.sdk.beta.sessions.list({ include_archived: true, limit: 100 }))
      if (session.id === this.id) throw new Error(`${this.id} was deleted and is listed`);
  }

  async #marks(): Promise<string[]> {
    const path = `${this.#place.url}/x/sessions/${this.id}/files/workspace/journal`;
    const response = await fetch(path, { headers: { "x-api-key": this.sdk.apiKey ?? "" } });
    return response.ok ? (await response.text()).trim().split("\n") : [];
  }
}
