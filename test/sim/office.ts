/**
 * Create, archive and delete across the Worker, the catalog and the objects (shared design §8): the real routes over the real catalog
 * statements and the real session object, with a crash of the Worker or of the object at any point, or a neighbour that fails there: before it
 * has done anything, or after, so that only its answer is lost.
 */
import type { Env } from "../../src/env.ts";
import { Customer } from "./customer.ts";
import { Catalog } from "./d1.ts";
import type { Point } from "./exits.ts";
import { give } from "./globals.ts";
import { judge } from "./judge.ts";
import { Objects } from "./objects.ts";
import { Injected, type Label, type When } from "./points.ts";
import { Random } from "./random.ts";

/** `patient`: the client repeats what got no answer; otherwise it never comes back. */
export interface Story {
  ends: "nothing" | "archive" | "delete";
  patient: boolean;
  crashAt: number[];
  /** Ordinals of points at which what is called fails. */
  failAt?: readonly number[];
}

export interface Told {
  points: Point[];
  wrong: string[];
}

const KEY = "sk-test";
/** The sweep of half-made sessions runs once a minute and leaves young ones alone. */
const LATER_MS = 300_000;
/** The Worker's isolate outlives a story, and remembers when it swept: each story begins later than the one before. */
let begin = 1_700_000_000_000;

export async function tell(story: Story): Promise<Told> {
  begin += 86_400_000;
  const office = new Office(story, begin);
  const random = new Random(11);
  give({ now: () => office.objects.now, fill: (bytes) => random.fill(bytes), later: () => {}, line: () => {} });
  try {
    return await office.run();
  } finally {
    office.close();
    give(null);
  }
}

class Office {
  readonly objects: Objects;
  readonly #story: Story;
  readonly #catalog = new Catalog();
  readonly #customer: Customer;
  readonly #points: Point[] = [];
  #counts = false;

  constructor(story: Story, now: number) {
    this.#story = story;
    const strikes = (label: Label, when: When) => this.#strikes(label, when);
    this.objects = new Objects(this.#catalog, now, strikes);
    const env = {
      // A trip of the Worker: it may be its last, and then nobody answers.
      DB: this.#catalog.through(async (label, when) => {
        if (strikes(label, when)) await new Promise(() => {});
      }),
      BLOBS: {},
      SESSION: { getByName: (id: string) => this.objects.stub(id) },
      API_KEYS: `test:${KEY}`,
    } as unknown as Env;
    this.#customer = new Customer(env, KEY, this.objects, story.patient);
  }

  async run(): Promise<Told> {
    const { objects } = this;
    const customer = this.#customer;
    const agent = await customer.setUp("/v1/agents", { name: "sim", model: "claude-opus-5-5" });
    const config = { type: "cloud", networking: { type: "unrestricted" } };
    const environment_id = await customer.setUp("/v1/environments", { name: "sim", config });
    this.#counts = true;
    const initial_events = [{ type: "user.message", content: [{ type: "text", text: "go" }] }];
    const made = await customer.asks("POST", "/v1/sessions", { agent, environment_id, initial_events });
    await objects.rest();
    const id = made ?? objects.only;
    if (id !== null) await this.#end(id);
    await objects.rest();
    this.#counts = false;
    objects.now += LATER_MS;
    await customer.fetch("GET", "/v1/sessions");
    await objects.rest();
    const wrong = judge(this.#story, made !== null, objects, this.#catalog);
    return { points: this.#points, wrong };
  }

  close(): void {
    for (const world of this.objects.worlds.values()) for (const life of world.lives) life.dead = true;
    this.#catalog.close();
  }

  async #end(id: string): Promise<void> {
    const { ends } = this.#story;
    if (ends === "nothing") return;
    this.objects.worlds.get(id)?.bucket.set(`sessions/${id}/blob`, new Uint8Array(1));
    if (ends === "archive") await this.#customer.asks("POST", `/v1/sessions/${id}/archive`);
    else await this.#customer.asks("DELETE", `/v1/sessions/${id}`);
  }

  #strikes(label: Label, when: When): boolean {
    if (!this.#counts) return false;
    const at = this.#points.push({ label, when }) - 1;
    if (this.#story.failAt?.includes(at)) throw new Injected(`${label} failed`);
    return this.#story.crashAt.includes(at);
  }
}
