/** One session under attack: its clients, its readers, and at the end what all of them and the machine say of it. */
import type Anthropic from "@anthropic-ai/sdk";
import type { Connection, Dump, ModelBody, Walk, WireEvent } from "../checker/dump.ts";
import type { Random } from "../sim/random.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import type { Entry } from "../support/model-server/journal.ts";
import { Client } from "./client.ts";
import { Follower } from "./follower.ts";
import { handOf } from "./marks.ts";
import { JOURNAL } from "./talk.ts";
import { clientKey, type Target } from "./target.ts";

export interface Parts {
  name: string;
  target: Target;
  operator: Anthropic;
  model: ModelServer;
  random: Random;
  clients: number;
}

export class Subject {
  readonly id: string;
  readonly name: string;
  readonly clients: Client[];
  readonly followers: Follower[];
  /** Lists and walks taken while things went on. */
  readonly earlier: WireEvent[][] = [];
  readonly walks: Walk[] = [];
  /** What the dump has no place for. */
  readonly problems: string[] = [];
  readonly #target: Target;
  readonly #operator: Anthropic;
  readonly #random: Random;
  readonly #crashesBefore: number;

  private constructor(id: string, parts: Parts) {
    const { name, target, model, random } = parts;
    this.id = id;
    this.name = name;
    this.#target = target;
    this.#operator = parts.operator;
    this.#random = random;
    this.#crashesBefore = target.crashes;
    const indexes = Array.from({ length: parts.clients }, (_, i) => i);
    const session = { id, name };
    this.clients = indexes.map((index) => new Client({ url: target.url, session, index, random, model }));
    this.followers = indexes.map(
      (i) => new Follower({ url: target.url, key: clientKey(i), session: id, previews: i % 2 === 0, random }),
    );
  }

  static async create(parts: Parts, agent: string, environment: string): Promise<Subject> {
    const { id } = await parts.operator.beta.sessions.create({ agent, environment_id: environment, title: parts.name });
    return new Subject(id, parts);
  }

  /** Clients post and readers read. */
  start(): void {
    for (const follower of this.followers) follower.start();
    for (const client of this.clients) client.start();
  }

  async quietClients(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.stop()));
  }

  async quietReaders(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }

  /** Progress since then, as its readers saw it; a session at rest owes none. */
  progressed(since: number): boolean {
    return this.followers.some(({ progressAt, status }) => progressAt >= since || status === "session.status_idle");
  }

  /** One look at the list while the session works: it must still be so at the end. */
  async look(): Promise<void> {
    const before = await this.#list("asc", 100);
    this.earlier.push(before);
    const order = this.#random.pick(["asc", "desc"] as const);
    const ids = (await this.#list(order, 3 + this.#random.below(9))).map((event) => event.id);
    this.walks.push({ order, types: null, ids, before: before.map((event) => event.id) });
  }

  /** How many of its turns were given up. */
  async exhausted(): Promise<number> {
    const stops = (await this.#list("asc", 1000)).filter(({ type }) => type === "session.status_idle");
    return stops.filter(({ stop_reason }) => (stop_reason as { type: string }).type === "retries_exhausted").length;
  }

  /** Everything there is to know about a session at rest. */
  async dump(entries: Entry[]): Promise<Dump> {
    const events = await this.#list("asc", 1000);
    const newest = events.at(-1)?.id ?? "";
    const followed = this.followers.filter(({ connections }) => connections.length > 0);
    for (const follower of followed) follower.start();
    const reached = await Promise.all(followed.map((follower) => follower.reaches(newest)));
    await this.quietReaders();
    for (const ok of reached) if (!ok) this.problems.push(`I14: a reader that came back never got ${newest}`);
    const { status, usage } = await this.#operator.beta.sessions.retrieve(this.id);
    return {
      session: this.id,
      selfHosted: false,
      events,
      earlier: this.earlier,
      status,
      bodies: entries.map(bodyOf),
      hand: handOf(this.id, events, await this.#marks()),
      machines: { begun: 0, alive: 0, referenced: 0 },
      posts: this.clients.flatMap((client) => client.posts),
      connections: [
        ...followed.flatMap(({ connections }) => connections),
        ...followed.map((one, i) => whole(one, reached[i] ?? false)),
      ],
      walks: this.walks,
      crashes: this.#target.crashes - this.#crashesBefore,
      quiet: true,
      usage: usage as unknown as Record<string, number>,
    };
  }

  async #marks(): Promise<string[]> {
    const response = await fetch(`${this.#target.url}/x/sessions/${this.id}/files${JOURNAL}`, {
      headers: { "x-api-key": this.#target.key },
    });
    if (response.status === 404) return [];
    if (!response.ok) throw new Error(`the journal cannot be read: ${response.status}`);
    return (await response.text()).split("\n").filter((line) => line !== "");
  }

  async #list(order: "asc" | "desc", limit: number): Promise<WireEvent[]> {
    const events: WireEvent[] = [];
    for await (const event of this.#operator.beta.sessions.events.list(this.id, { order, limit }))
      events.push(event as unknown as WireEvent);
    return events;
  }
}

/** A reader's connections as the one that it meant to have: every event once, in order, across all losses. `open`: to the newest one. */
function whole({ connections }: Follower, open: boolean): Connection {
  return { after: 0, open, items: connections.flatMap(({ items }) => items.filter((item) => item.t === "event")) };
}

/** A client that went away before the end is the crash itself, not a fault of the model's side. */
function bodyOf(entry: Entry): ModelBody {
  const answer = entry.verdict ? "refused" : entry.end === "served" ? "complete" : "none";
  return { text: entry.raw?.toString() ?? "", answer };
}
