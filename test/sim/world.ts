/** One session and everything around it: the object and its instances, the model server, the hand, the bucket, the catalog, and what was seen. */
import type { Env } from "../../src/env.ts";
import type { Outcome } from "../../src/protocol/errors.ts";
import { portsOf } from "../../src/session/ports.ts";
import type { Draft, Sender, SessionInit } from "../../src/session/rpc.ts";
import { Session } from "../../src/session/session.ts";
import { settled } from "./globals.ts";
import { type Answer, type Later, ModelServer, SimHand } from "./parties.ts";
import { Cell, type Cost, Instance, type Observer } from "./platform.ts";
import { Crash, type Label, type When } from "./points.ts";

/** An instance with the session in it. Ended as a zombie it goes on; it is `replaced` once the next one is there. */
export class Life extends Instance {
  session!: Session;
}

/** Something that can happen next. */
export interface Pending {
  owner: Instance | null;
  what: string;
  go(): void;
  fail(): void;
}

export interface Watch {
  point(label: Label, when: When, life: Life): void;
  /** May throw in the place of a statement. */
  statement(query: string, life: Life): void;
  answer(body: string): Answer;
  /** Whether a reply that nobody waits for any more goes on all the same. */
  deaf(): boolean;
  committed(cost: Cost): void;
}

export class World implements Observer {
  readonly cell = new Cell(this);
  readonly lives: Life[] = [];
  readonly pending: Pending[] = [];
  readonly model: ModelServer;
  readonly hand: SimHand;
  readonly bucket = new Map<string, Uint8Array>();
  readonly lines: string[] = [];
  readonly watch: Watch;
  readonly init: SessionInit;
  readonly env: Env;
  life: Life | null = null;
  crashes = 0;
  now = 1_700_000_100_000;
  /** The instance whose alarm handler has begun and not ended. */
  #alarming: Instance | null = null;

  constructor(init: SessionInit, watch: Watch, more: { db?: D1Database } = {}) {
    this.init = init;
    this.watch = watch;
    const later: Later = (owner, what) => this.later(owner, what);
    this.model = new ModelServer({ answer: (body) => watch.answer(body), later, deaf: () => watch.deaf() });
    this.hand = new SimHand(later);
    this.env = { DB: more.db ?? this.#catalog(), BLOBS: this.#bucket() } as unknown as Env;
  }

  get alarmRuns(): boolean {
    return this.#alarming !== null;
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
      this.#again(older);
    }
    this.lives.push(life);
    this.life = life;
    for (const socket of this.cell.sockets) if (socket.closed === null) socket.adopt(life);
    const context = life.context(this.init.id) as DurableObjectState;
    const session = new Session(context, this.env, (parts) => ({
      ...portsOf(parts),
      model: { stream: (request) => this.model.stream(life, request) },
      hand: this.hand.of(life),
      overseer: { ask: async () => null, tell: async () => {}, repeat: () => () => {} },
    }));
    if (life.dead) throw new Crash();
    life.session = session;
    return life;
  }

  /** The live instance dies, or, `quietly`, is put away and its sockets are kept for the next one. `zombie`: it is replaced and goes on. */
  end(how: "crash" | "quietly" | "zombie"): void {
    const life = this.life;
    this.life = null;
    if (!life) return;
    if (how !== "quietly") {
      this.crashes += 1;
      for (const socket of this.cell.sockets) socket.close(1006);
      this.cell.sockets = [];
    }
    this.cell.settle();
    if (how !== "zombie") this.kill(life);
  }

  kill(life: Instance): void {
    life.kill();
    this.#again(life);
    if (this.life === life) {
      this.life = null;
      for (const socket of this.cell.sockets) socket.close(1006);
      this.cell.sockets = [];
    }
    for (let i = this.pending.length - 1; i >= 0; i--) if (this.pending[i]?.owner === life) this.pending.splice(i, 1);
  }

  /** A handler that did not end is fired again. */
  #again(instance: Instance): void {
    if (this.#alarming !== instance) return;
    this.#alarming = null;
    if (this.cell.alarm === null) this.cell.tamper(this.now + 2_000);
  }

  /** Dies in the middle of what it does. */
  crash(life: Instance): never {
    this.crashes += 1;
    this.kill(life);
    throw new Crash();
  }

  later(owner: Instance | null, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending.push({ owner, what, go: resolve, fail: () => reject(new Error(`${what} failed`)) });
    });
  }

  /** Lets the i-th thing happen that can happen. */
  deliver(i: number): void {
    const [next] = this.pending.splice(i, 1);
    if (next && !next.owner?.dead) next.go();
  }

  /** Lets everything happen that has to, until the work is done; null when it never will be. */
  async through<T>(work: Promise<T>): Promise<T | null> {
    for (let i = 0; i < 100; i++) {
      const done = await Promise.race([work.then((value) => ({ value })), settled().then(() => null)]);
      if (done) return done.value;
      if (this.pending.length > 0) this.deliver(0);
    }
    return null;
  }

  /** The i-th thing fails instead. */
  fail(i: number): void {
    const [next] = this.pending.splice(i, 1);
    if (next && !next.owner?.dead) next.fail();
  }

  /** A request to the object from outside: its answer as text or value, or null when it was lost on the way. */
  async call<T>(work: (session: Session) => Promise<Outcome<T>>, life?: Life): Promise<Outcome<T | string> | null> {
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

  /** The platform fires the alarm: what fires is gone. `life`: an instance that is not the session any more believes to be called. */
  async fire(life?: Life): Promise<void> {
    let to: Life | null = null;
    if (!life) this.cell.tamper(null);
    try {
      to = life ?? this.open();
      if (!life) this.#alarming = to;
      await awake(to);
      await to.session.alarm();
      to.cell.gate(to);
      if (this.#alarming === to) this.#alarming = null;
    } catch (error) {
      if (!(error instanceof Crash)) this.lines.push(`alarm: ${error}`);
      if (!life && to === null) this.cell.tamper(this.now + 2_000);
      if (to) this.#again(to);
    }
  }

  #catalog(): object {
    const done = { meta: { changes: 1 }, results: [] };
    const run = async () => {
      const life = this.life;
      if (life) life.point("db.write", "before");
      await this.later(life, "db");
      if (life) life.point("db.write", "after");
      return done;
    };
    const statement = { bind: () => statement, run, first: async () => (await run()) && null, all: run };
    return { prepare: () => statement, batch: async (list: unknown[]) => (await run()) && list.map(() => done) };
  }

  #bucket(): object {
    return {
      get: async (key: string) => {
        const life = this.life;
        life?.point("bucket.read", "before");
        await this.later(life, "bucket");
        life?.point("bucket.read", "after");
        const bytes = this.bucket.get(key);
        return bytes ? { body: inOnePiece(bytes) } : null;
      },
      list: async () => ({ objects: [...this.bucket.keys()].map((key) => ({ key })), truncated: false }),
      delete: async (keys: string[]) => {
        this.life?.point("bucket.delete", "before");
        for (const key of keys) this.bucket.delete(key);
        this.life?.point("bucket.delete", "after");
      },
      put: async (key: string, bytes: Uint8Array) => void this.bucket.set(key, bytes),
    };
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

/** The constructor has done its waiting, and has survived it. */
export async function awake(life: Life): Promise<void> {
  await life.ready;
  if (life.dead) throw new Crash();
}

/** A Blob's own stream would come by a thread of Node's, at a time of its own. */
function inOnePiece(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
