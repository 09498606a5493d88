/**
 * Crashes of a Session object at its writes and effects, inside workerd. Only the test's own entry (host.ts) imports this; the production bundle
 * holds nothing of it (a test looks for MARK).
 */

import type { portsOf } from "../../src/session/ports.ts";

/** Names this file in a bundle. */
export const MARK = "sinew-recovery-test-fault";

/** No alarm is further away than this, so that what only an alarm can go on with does so soon. */
const SOON_MS = 1_500;

export type When = "before" | "after";

/** What one session has written, and where it is to die. */
export interface Life {
  /** Null: it lives on. `at` counts writes from 0. */
  fault: { at: number; when: When } | null;
  /** Each write by what it says, and each effect twice: when it begins and when its answer is there. */
  writes: string[];
  /** The write that the crash fell on. */
  crashedAt: string | null;
  /** As last written. */
  status: string;
  /** Whether an alarm is set. */
  alarm: boolean;
  erased: boolean;
}

type Effects = ReturnType<typeof portsOf>;

const lives = new Map<string, Life>();
const instances = new WeakMap<DurableObjectState, Instance>();

export function lifeOf(id: string): Life {
  const life = lives.get(id) ?? {
    fault: null,
    writes: [],
    crashedAt: null,
    status: "idle",
    alarm: false,
    erased: false,
  };
  lives.set(id, life);
  return life;
}

/** Watches the object's storage. What is replaced is replaced for this instance alone: the next one gets a storage of its own. */
export function watch(ctx: DurableObjectState): DurableObjectState {
  const instance = new Instance(ctx, lifeOf(ctx.id.name ?? ""));
  instances.set(ctx, instance);
  const { storage } = ctx;
  const { sql } = storage;
  const own = {
    exec: sql.exec.bind(sql),
    transactionSync: storage.transactionSync.bind(storage),
    setAlarm: storage.setAlarm.bind(storage),
    deleteAlarm: storage.deleteAlarm.bind(storage),
    deleteAll: storage.deleteAll.bind(storage),
  };
  replace(sql, "exec", (query: string, ...binds: unknown[]) => {
    if (/^\s*SELECT/i.test(query)) return own.exec(query, ...binds);
    return instance.statement(query, binds, () => own.exec(query, ...binds));
  });
  replace(storage, "transactionSync", (work: () => unknown) => instance.write(() => own.transactionSync(work)));
  replace(storage, "setAlarm", (due: number) => {
    instance.mustLive();
    instance.life.alarm = true;
    return own.setAlarm(Math.min(due, Date.now() + SOON_MS));
  });
  replace(storage, "deleteAlarm", () => {
    instance.mustLive();
    instance.life.alarm = false;
    return own.deleteAlarm();
  });
  replace(storage, "deleteAll", () => instance.erase(() => own.deleteAll()));
  return ctx;
}

/** Watches what the object asks of the model and of its hand. */
export function watchEffects(ctx: DurableObjectState, ports: Effects): Effects {
  const instance = instances.get(ctx);
  if (!instance) return ports;
  const { model, hand } = ports;
  const effect = async <T>(label: string, work: () => Promise<T>): Promise<T> => {
    instance.passes(label);
    const value = await work();
    instance.passes(`${label} answered`);
    return value;
  };
  return {
    ...ports,
    model: { stream: (request) => watched(instance, model.stream(request)) },
    hand: {
      warm: (epoch) => effect("hand.warm", () => hand.warm(epoch)),
      execute: (call) => effect("hand.execute", () => hand.execute(call)),
      cancel: (key, epoch) => effect("hand.cancel", () => hand.cancel(key, epoch)),
      remove: () => effect("hand.remove", () => hand.remove()),
    },
  };
}

async function* watched(instance: Instance, stream: ReturnType<Effects["model"]["stream"]>) {
  instance.passes("model.request");
  let answered = false;
  for await (const event of stream) {
    if (!answered) instance.passes("model.request answered");
    answered = true;
    yield event;
  }
}

function replace(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true });
}

class Instance {
  readonly life: Life;
  readonly #ctx: DurableObjectState;
  #depth = 0;
  #label = "";
  /** From the end of the synchronous stretch in which it died: what it still tries comes to nothing. */
  #gone = false;

  constructor(ctx: DurableObjectState, life: Life) {
    this.#ctx = ctx;
    this.life = life;
  }

  /** What a dead instance still tries fails: an alarm's handler that is cut off must not look as if it had ended well. */
  mustLive(): void {
    if (this.#gone) throw new Error(MARK);
  }

  /** One atomic block. */
  write<T>(work: () => T): T {
    this.mustLive();
    if (this.#depth > 0) return work();
    this.#reach("before");
    this.#depth = 1;
    this.#label = "";
    try {
      const value = work();
      this.#depth = 0;
      this.life.writes.push(this.#label || "timers");
      this.#reach("after");
      return value;
    } finally {
      this.#depth = 0;
    }
  }

  statement<T>(query: string, binds: unknown[], work: () => T): T {
    return this.write(() => {
      const says = labelOf(query, binds);
      if (says && !this.#label.includes(says)) this.#label += `${this.#label ? "+" : ""}${says}`;
      if (query.startsWith("UPDATE meta SET epoch = ?, status")) this.life.status = String(binds[1]);
      return work();
    });
  }

  /** A way out that writes nothing. */
  passes(label: string): void {
    this.mustLive();
    this.#reach("before", label);
    this.mustLive();
    this.life.writes.push(label);
    this.#reach("after");
  }

  async erase(work: () => Promise<void>): Promise<void> {
    this.mustLive();
    this.#reach("before", "erase");
    await work();
    this.life.writes.push("erase");
    this.life.erased = true;
    this.#reach("after");
  }

  /** Dies if this is the place. `after`: once the write is durable, and before anything that comes later in time than it. */
  #reach(when: When, label = "?"): void {
    const { fault, writes } = this.life;
    const at = when === "before" ? writes.length : writes.length - 1;
    if (!fault || this.life.crashedAt !== null || fault.at !== at || fault.when !== when) return;
    this.life.crashedAt = when === "before" ? label : (writes.at(-1) as string);
    if (when === "before") {
      this.#gone = true;
      this.#ctx.abort(MARK);
    }
    queueMicrotask(() => {
      this.#gone = true;
    });
    void this.#ctx.storage.sync().then(() => this.#ctx.abort(MARK));
  }
}

/** The types of the rows, which say what is at stake; other tables by their name. */
function labelOf(query: string, binds: unknown[]): string {
  if (query.startsWith("INSERT INTO events")) return String(binds[3]);
  if (query.startsWith("INSERT INTO inbox")) return "inbox";
  if (query.trimStart().startsWith("CREATE TABLE meta")) return "tables";
  if (query.startsWith("UPDATE meta SET epoch = ?, boots_in_turn")) return "boot";
  if (query.startsWith("DELETE FROM posts")) return "prune";
  return "";
}
