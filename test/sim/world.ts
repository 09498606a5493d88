/** One session and everything around it: the object and its instances, the model server, the hand, the bucket, the catalog, and what was seen. */
import type { Env } from "../../src/env.ts";
import type { Outcome } from "../../src/protocol/errors.ts";
import { portsOf } from "../../src/session/ports.ts";
import type { Draft, Sender, SessionInit } from "../../src/session/rpc.ts";
import { SessionObject } from "../../src/session/session.ts";
import { Alarms } from "./alarms.ts";
import { bucketOf, SimCatalog } from "./bindings.ts";
import { Cell, type Observer } from "./cell.ts";
import { settled } from "./globals.ts";
import { SimHand } from "./hand.ts";
import type { Instance } from "./instance.ts";
import { awake, Life } from "./life.ts";
import { type Answer, ModelServer } from "./model-server.ts";
import { type Later, Pending } from "./pending.ts";
import { Crash, type Label, type When } from "./points.ts";
import type { Cost } from "./stretch.ts";

export interface Watch {
  point(label: Label, when: When, life: Life): void;
  /** May throw in the place of a statement. */
  statement(query: string, life: Life): void;
  answer(body: string): Answer;
  /** Whether a reply that nobody waits for any more goes on all the same. */
  deaf(): boolean;
  /** Whether a word to the hand is lost before it has its effect, or its answer after that. */
  handFails(): "lost" | "unheard" | null;
  committed(cost: Cost): void;
}

export class World implements Observer {
  readonly cell = new Cell(this);
  readonly lives: Life[] = [];
  readonly pending = new Pending();
  readonly alarms = new Alarms(this);
  readonly model: ModelServer;
  readonly hand: SimHand;
  readonly catalog: SimCatalog;
  readonly bucket = new Map<string, Uint8Array>();
  readonly lines: string[] = [];
  readonly watch: Watch;
  readonly init: SessionInit;
  readonly env: Env;
  life: Life | null = null;
  crashes = 0;
  now = 1_700_000_100_000;

  constructor(init: SessionInit, watch: Watch, more: { db?: D1Database } = {}) {
    this.init = init;
    this.watch = watch;
    this.catalog = new SimCatalog(this);
    const later: Later = (owner, what) => this.pending.later(owner, what);
    this.model = new ModelServer({ answer: (body) => watch.answer(body), later, deaf: () => watch.deaf() });
    this.hand = new SimHand({ later, newest: () => this.cell.newest, fails: () => watch.handFails() });
    this.env = { DB: more.db ?? this.catalog.binding, BLOBS: bucketOf(this) } as unknown as Env;
  }

  point(instance: Instance, label: Label, when: When): void {
    if (instance.dead) throw new Crash();
    this.watch.point(label, when, instance as Life);
    if (instance.dead) throw new Crash();
  }

  statement(instance: Instance, query: string): void {
    this.watch.statement(query, instance as Life);
  }

  committed(_: Cell, cost: Cost): void {
    this.watch.committed(cost);
  }

  /** The instance that serves requests: the live one, or a new one. Throws `Crash` when that dies at once. */
  open(): Life {
    if (this.life && !this.life.dead) return this.life;
    const life = new Life(this.cell);
    // Whoever still acts from now on has been replaced, and does not know it.
    for (const older of this.lives) {
      older.replaced = true;
      this.alarms.ended(older);
    }
    this.lives.push(life);
    this.life = life;
    for (const socket of this.cell.sockets) if (socket.closed === null) socket.adopt(life);
    const context = life.context(this.init.id) as DurableObjectState;
    const session = new SessionObject(context, this.env, (parts) => ({
      ...portsOf(parts),
      model: { stream: (request) => this.model.stream(life, request) },
      hand: this.hand.of(life),
      operator: { ask: async () => null, tell: async () => {}, repeat: () => () => {} },
    }));
    if (life.dead) throw new Crash();
    life.session = session;
    return life;
  }

  /** The live instance dies, or, `quietly`, is put away and its sockets are kept for the next one. `zombie`: it is replaced and goes on. */
  end(how: "crash" | "quietly" | "zombie"): void {
    const life = this.life;
    this.life = null;
    // The sockets of one that was put away are cut as well.
    if (how !== "quietly") this.#cutSockets();
    if (!life) return;
    if (how !== "quietly") this.crashes += 1;
    this.cell.settle();
    if (how !== "zombie") this.kill(life);
  }

  kill(life: Instance): void {
    life.kill();
    this.alarms.ended(life);
    if (this.life === life) {
      this.life = null;
      this.#cutSockets();
    }
    this.pending.forget(life);
  }

  /** Dies in the middle of what it does. */
  crash(life: Instance): never {
    this.crashes += 1;
    this.kill(life);
    throw new Crash();
  }

  /** Lets everything happen that has to, until the work is done; null when it never will be. */
  async through<T>(work: Promise<T>): Promise<T | null> {
    for (let i = 0; i < 100; i++) {
      const done = await Promise.race([work.then((value) => ({ value })), settled().then(() => null)]);
      if (done) return done.value;
      if (this.pending.arrivals.length > 0) this.pending.deliver(0);
    }
    return null;
  }

  /** A request to the object from outside: its answer as text or value, or null when it was lost on the way. */
  async call<T>(
    work: (session: SessionObject) => Promise<Outcome<T>>,
    life?: Life,
  ): Promise<Outcome<T | string> | null> {
    let to: Life | undefined;
    try {
      to = life ?? this.open();
      await awake(to);
      const done = await work(to.session);
      to.cell.gate(to);
      this.point(to, "reply", "before");
      const value = done.ok && done.value instanceof ReadableStream ? await text(done.value) : done;
      this.point(to, "reply", "after");
      return typeof value === "string" ? { ok: true, value } : value;
    } catch (error) {
      if (error instanceof Crash || to?.dead || to?.replaced) return null;
      this.lines.push(`call: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
      return null;
    }
  }

  create(events: Draft[], sender: Sender): Promise<Outcome<unknown> | null> {
    return this.call((session) => session.create(this.init, events, sender));
  }

  post(events: Draft[], sender: Sender, life?: Life): Promise<Outcome<unknown> | null> {
    return this.call((session) => session.emitEvents(this.init.workspace, events, sender), life);
  }

  #cutSockets(): void {
    for (const socket of this.cell.sockets) socket.close(1006);
    this.cell.sockets = [];
  }
}

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read())
    all += decoder.decode(part.value, { stream: true });
  return all;
}
