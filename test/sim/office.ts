/**
 * Create, archive and delete across the Worker, the catalog and the objects (shared design §8): the real routes over the real catalog
 * statements and the real session object, with a crash of the Worker or of the object at any point.
 */
import { createApp } from "../../src/api/app.ts";
import type { Env } from "../../src/env.ts";
import type { Session } from "../../src/session/session.ts";
import { Catalog } from "./d1.ts";
import { give, settled } from "./globals.ts";
import { INIT } from "./init.ts";
import type { Label, When } from "./points.ts";
import { Random } from "./random.ts";
import type { Point } from "./schedule.ts";
import { awake, type Life, World } from "./world.ts";

/** `patient`: the client repeats what got no answer; otherwise it never comes back. */
export interface Story {
  ends: "nothing" | "archive" | "delete";
  patient: boolean;
  crashAt: number[];
}

export interface Told {
  points: Point[];
  wrong: string[];
}

const KEY = "sk-test";
const ATTEMPTS = 6;
/** The sweep of half-made sessions runs once a minute and leaves young ones alone. */
const LATER_MS = 300_000;
/** The Worker's isolate outlives a story, and remembers when it swept: each story begins later than the one before. */
let begin = 1_700_000_000_000;

export async function tell(story: Story): Promise<Told> {
  begin += 86_400_000;
  const office = new Office(story, begin);
  give({ now: () => office.now, fill: (bytes) => office.random.fill(bytes), later: () => {}, line: () => {} });
  try {
    await office.run();
    return { points: office.points, wrong: office.wrong };
  } finally {
    for (const world of office.worlds.values()) for (const life of world.lives) life.dead = true;
    office.catalog.close();
    give(null);
  }
}

class Office {
  readonly points: Point[] = [];
  readonly wrong: string[] = [];
  readonly worlds = new Map<string, World>();
  readonly catalog = new Catalog();
  readonly random = new Random(11);
  now: number;
  readonly #story: Story;
  readonly #app = createApp();
  readonly #env: Env;
  #counts = false;

  constructor(story: Story, now: number) {
    this.#story = story;
    this.now = now;
    this.#env = {
      DB: this.catalog.through((label, when) => this.#worker(label, when)),
      BLOBS: {},
      SESSION: { getByName: (id: string) => this.#stub(id) },
      API_KEYS: `test:${KEY}`,
    } as unknown as Env;
  }

  async run(): Promise<void> {
    const agent = await this.#setup("/v1/agents", { name: "sim", model: "claude-opus-5-5" });
    const environment = await this.#setup("/v1/environments", {
      name: "sim",
      config: { type: "cloud", networking: { type: "unrestricted" } },
    });
    this.#counts = true;
    const events = [{ type: "user.message", content: [{ type: "text", text: "go" }] }];
    const made = await this.#asked("POST", "/v1/sessions", {
      agent,
      environment_id: environment,
      initial_events: events,
    });
    await this.#rest();
    const id = made ?? this.#only();
    if (id !== null && this.#story.ends !== "nothing") {
      this.worlds.get(id)?.bucket.set(`sessions/${id}/blob`, new Uint8Array(1));
      if (this.#story.ends === "archive") await this.#asked("POST", `/v1/sessions/${id}/archive`);
      else await this.#asked("DELETE", `/v1/sessions/${id}`);
    }
    await this.#rest();
    this.#counts = false;
    this.now += LATER_MS;
    await this.#fetch("GET", "/v1/sessions");
    await this.#rest();
    this.#judge(made !== null);
  }

  /** The session that was made without the client hearing of it. */
  #only(): string | null {
    return this.worlds.keys().next().value ?? null;
  }

  /** A request and, from a patient client, its repetitions until there is an answer; the id in it. */
  async #asked(method: string, path: string, body?: object): Promise<string | null> {
    for (let attempt = 0; attempt < (this.#story.patient ? ATTEMPTS : 1); attempt++) {
      const reply = await this.#fetch(method, path, body, {
        "idempotency-key": `${method}${path}`,
        "x-stainless-retry-count": `${attempt}`,
      });
      // Gone already: an earlier attempt did it.
      if (reply?.status === 404 && method === "DELETE") return "";
      if (reply?.ok) return ((await reply.json()) as { id: string }).id;
      this.now += 1_000;
      await this.#rest();
    }
    return null;
  }

  async #setup(path: string, body: object): Promise<string> {
    const reply = await this.#fetch("POST", path, body);
    if (!reply?.ok) throw new Error(`${path}: ${reply?.status} ${await reply?.text()}`);
    return ((await reply.json()) as { id: string }).id;
  }

  /** Null: the Worker or its answer is gone. */
  async #fetch(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Response | null> {
    const headers = {
      "x-api-key": KEY,
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "managed-agents-2026-04-01",
      "content-type": "application/json",
      ...more,
    };
    const request = new Request(`http://sinew${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const context = {
      waitUntil: (work: Promise<unknown>) => void work.catch(() => {}),
      passThroughOnException: () => {},
    };
    const answer = Promise.resolve(this.#app.fetch(request, this.#env, context as unknown as ExecutionContext));
    for (let i = 0; i < 60; i++) {
      const done = await Promise.race([answer.then((reply) => ({ reply })), settled().then(() => null)]);
      if (done) return done.reply;
      this.#deliver();
    }
    return null;
  }

  #deliver(): boolean {
    let any = false;
    for (const world of this.worlds.values()) {
      for (const entry of [...world.hand.running]) world.hand.finish(entry.key);
      if (world.pending.length === 0) continue;
      world.deliver(0);
      any = true;
    }
    return any;
  }

  /** Everything that is under way comes to its end, alarms included. */
  async #rest(): Promise<void> {
    for (let i = 0; i < 200; i++) {
      await settled();
      if (this.#deliver()) continue;
      const due = [...this.worlds.values()].filter((world) => world.cell.alarm !== null && !world.alarmRuns);
      if (due.length === 0) return;
      for (const world of due) {
        this.now = Math.max(this.now, world.cell.alarm ?? 0);
        world.now = this.now;
        void world.fire();
      }
    }
    this.wrong.push("it does not come to rest");
  }

  #judge(heard: boolean): void {
    const rows = this.catalog.rows("SELECT id, status, archived_at FROM sessions");
    const objects = [...this.worlds.values()].filter((world) => world.cell.sql.tables.length > 0);
    const expect = (holds: boolean, otherwise: string) => void (holds || this.wrong.push(otherwise));
    expect(rows.length === objects.length, `${rows.length} rows in the catalog, ${objects.length} sessions in objects`);
    expect(
      rows.every((row) => row.status !== "creating"),
      "a row is half made",
    );
    expect(rows.length <= 1, `one request made ${rows.length} sessions`);
    const { ends, patient } = this.#story;
    if (patient) expect(heard, "the client never got an answer");
    if (heard && ends === "nothing") expect(rows.length === 1, "a session that was acknowledged is gone");
    for (const world of objects) this.#judgeObject(world, expect);
    if (ends !== "delete" || !patient) return;
    expect(rows.length === 0, "a deleted session is in the catalog");
    for (const world of this.worlds.values()) {
      expect(world.bucket.size === 0, "a deleted session left large contents");
      expect(world.hand.machines.alive === 0, "a deleted session left a machine");
      expect(world.cell.alarm === null, "a deleted session has an alarm");
    }
  }

  #judgeObject(world: World, expect: (holds: boolean, otherwise: string) => void): void {
    const types = world.cell.sql.rows("events").map((row) => row.type);
    const deleting = types.includes("x.deleting");
    expect(
      types.filter((type) => type === "user.message").length === 1,
      `the first message is there ${types.filter((type) => type === "user.message").length} times`,
    );
    expect(!deleting, "a deletion that was begun has not ended");
    const archived = this.catalog.rows("SELECT archived_at FROM sessions")[0]?.archived_at ?? null;
    expect(
      types.includes("x.archived") === (archived !== null),
      "the catalog and the session differ on whether it is archived",
    );
  }

  /** A trip of the Worker: it may be its last, and then nobody answers. */
  async #worker(label: Label, when: When): Promise<void> {
    if (this.#strikes(label, when)) await new Promise(() => {});
  }

  #strikes(label: Label, when: When): boolean {
    if (!this.#counts) return false;
    const at = this.points.push({ label, when }) - 1;
    return this.#story.crashAt.includes(at);
  }

  #world(id: string): World {
    const known = this.worlds.get(id);
    if (known) return known;
    const watch = {
      point: (label: Label, when: When, life: Life) => {
        if (this.#strikes(label, when)) world.crash(life);
      },
      statement: () => {},
      answer: () => ({ how: "complete" as const, blocks: [{ type: "text" as const, text: "done" }] }),
      deaf: () => false,
      committed: () => {},
    };
    const db = this.catalog.through(async (label, when) => world.life?.point(label, when));
    const world: World = new World({ ...INIT, id }, watch, { db });
    world.now = this.now;
    this.worlds.set(id, world);
    return world;
  }

  /** The Worker's way to the object: an instance that dies meanwhile is an error there. */
  #stub(id: string): object {
    const call =
      (method: keyof Session) =>
      async (...args: unknown[]) => {
        const world = this.#world(id);
        world.now = this.now;
        const life = world.open();
        const work = (async () => {
          await awake(life);
          const done = await (life.session[method] as (...all: unknown[]) => Promise<unknown>).call(
            life.session,
            ...args,
          );
          life.cell.gate(life);
          world.point(life, "reply", "before");
          return done;
        })();
        return Promise.race([work, life.death]);
      };
    return new Proxy({}, { get: (_, method) => call(method as keyof Session) });
  }
}
