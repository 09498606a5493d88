/** Plays a scenario through the official SDK against host.ts, with or without a crash, and gives what it left. */
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import type { Answer } from "../support/model-server/answer.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import type { Life, When } from "./faults.ts";
import type { Scenario, Sent, Stage } from "./scenarios.ts";

export interface Event {
  id: string;
  type: string;
  [key: string]: unknown;
}

export interface Fault {
  at: number;
  when: When;
}

export interface Outcome {
  /** The word that this run's texts have and no other's. */
  key: string;
  life: Life;
  /** Null: the session is gone, for clients and on the list. */
  events: Event[] | null;
  /** The lines that commands left in the machine's file. */
  marks: string[];
  /** Hashes of the requests that reached the model server, and what it refused. */
  requests: string[];
  refused: string[];
}

/** Milliseconds: a bound on hanging, and between two looks. */
const PATIENCE_MS = 90_000;
const LOOK_MS = 25;

export class Play implements Stage {
  readonly #sdk: Anthropic;
  readonly #model: ModelServer;
  readonly #url: string;
  readonly #scenario: Scenario;
  readonly #key = `r${crypto.randomUUID()}`;
  #id = "";

  constructor(parts: { sdk: Anthropic; model: ModelServer; url: string; scenario: Scenario }) {
    this.#sdk = parts.sdk;
    this.#model = parts.model;
    this.#url = parts.url;
    this.#scenario = parts.scenario;
  }

  async run(agent: string, environment: string, fault: Fault | null): Promise<Outcome> {
    const { answers, initial, steps } = this.#scenario;
    this.#model.script(this.#key, answers);
    const { id } = await this.#sdk.beta.sessions.create(
      {
        agent,
        environment_id: environment,
        metadata: { run: this.#key, ...(fault ? { fault: `${fault.at} ${fault.when}` } : {}) },
        ...(initial ? { initial_events: [this.#message("Please.")] } : {}),
      },
      { headers: { "idempotency-key": this.#key } },
    );
    this.#id = id;
    await steps(this);
    const life = await this.#until((one) => one.erased || (one.status !== "running" && !one.alarm));
    const requests = this.#model.journal.messages().filter(({ raw }) => raw?.includes(this.#key));
    return {
      key: this.#key,
      life,
      events: life.erased ? await this.#gone() : await this.#events(),
      marks: life.erased ? [] : await this.#marks(),
      requests: requests.map(({ sha256 }) => sha256),
      refused: requests.flatMap(({ verdict }) => (verdict ? [verdict.message] : [])),
    };
  }

  async say(text = "Please.", answers?: Answer[]): Promise<void> {
    if (answers) this.#model.script(this.#next, answers);
    await this.send(this.#message(text, answers ? this.#next : this.#key));
  }

  async send(event: Sent): Promise<void> {
    await this.#sdk.beta.sessions.events.send(this.#id, { events: [event] });
  }

  /** Until the session is idle nobody touches it: if it died, its alarm alone goes on. */
  async idle(n: number, reason = "end_turn"): Promise<Event> {
    for (;;) {
      await this.#until((one) => one.status === "idle" && one.writes.some((says) => says.includes("status_idle")));
      const stops = (await this.#events()).filter(({ type }) => type === "session.status_idle");
      const found = stops.filter(({ stop_reason }) => (stop_reason as { type: string }).type === reason)[n - 1];
      if (found) return found;
      await sleep(LOOK_MS);
    }
  }

  async asked(n: number): Promise<string[]> {
    const { stop_reason } = await this.idle(n, "requires_action");
    return (stop_reason as { event_ids: string[] }).event_ids;
  }

  async requested(n: number): Promise<void> {
    await this.#model.journal.waitFor(n, this.#key);
  }

  /** The alarm that tells the catalog also prunes. */
  async told(): Promise<void> {
    await this.#until(({ writes }) => writes.includes("prune"));
  }

  async release(): Promise<void> {
    this.#model.script(
      this.#key,
      this.#scenario.answers.map(({ hold: _, ...answer }) => answer),
    );
    this.#model.release(this.#key);
  }

  async archive(): Promise<void> {
    await this.#sdk.beta.sessions.archive(this.#id);
  }

  /** A delete whose answer was lost is a 404 when it is sent again: it is gone. */
  async remove(): Promise<void> {
    try {
      await this.#sdk.beta.sessions.delete(this.#id);
    } catch (error) {
      if (!(error instanceof Anthropic.NotFoundError)) throw error;
    }
  }

  get #next(): string {
    return `${this.#key}-next`;
  }

  #message(text: string, key = this.#key) {
    return { type: "user.message" as const, content: [{ type: "text" as const, text: `${text} [script:${key}]` }] };
  }

  async #until(fits: (life: Life) => boolean): Promise<Life> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(LOOK_MS)) {
      const life = (await (await fetch(`${this.#url}/life/${this.#id}`)).json()) as Life;
      if (fits(life)) return life;
      if (Date.now() > end) throw new Error(`${this.#scenario.name} stands still: ${JSON.stringify(life)}`);
    }
  }

  async #events(): Promise<Event[]> {
    const events: Event[] = [];
    for await (const event of this.#sdk.beta.sessions.events.list(this.#id)) events.push(event as unknown as Event);
    return events;
  }

  async #gone(): Promise<null> {
    const found = await this.#sdk.beta.sessions.retrieve(this.#id).catch((error: unknown) => error);
    if (!(found instanceof Anthropic.NotFoundError)) throw new Error(`${this.#id} was deleted and is there`);
    for await (const session of this.#sdk.beta.sessions.list({ include_archived: true, limit: 100 }))
      if (session.id === this.#id) throw new Error(`${this.#id} was deleted and is listed`);
    return null;
  }

  async #marks(): Promise<string[]> {
    const path = `${this.#url}/x/sessions/${this.#id}/files/workspace/journal`;
    const response = await fetch(path, { headers: { "x-api-key": this.#sdk.apiKey ?? "" } });
    return response.ok ? (await response.text()).trim().split("\n") : [];
  }
}
