/** Layer A: one seed, one schedule. What happens next is drawn from the seed; afterwards the world is left alone until it rests. */
import type { Draft } from "../../src/session/rpc.ts";
import type { Dump } from "../checker/dump.ts";
import { ATTEMPTS, draft, type Intent, remote, type Sending, sending } from "./clients.ts";
import { takeDump } from "./dump.ts";
import { type Delivered, type Fault, Faults } from "./faults.ts";
import { give, settled } from "./globals.ts";
import { budgetOf, INIT, patchOf } from "./init.ts";
import { nextBuild, setMinReader } from "./nextBuild.ts";
import { classOf, type Label, type When } from "./points.ts";
import { Random } from "./random.ts";
import { Reader } from "./reader.ts";
import { Records } from "./records.ts";
import { Answers, cap, intents } from "./script.ts";
import { Walker } from "./walker.ts";
import { type Life, World } from "./world.ts";

export interface Choice {
  seed: number;
  /** Only these opportunities for faults are used; null: as the seed says. */
  only?: ReadonlySet<number> | null;
  /** Only these kinds of faults; null: all that the seed has. */
  kinds?: ReadonlySet<Fault> | null;
  /** Ordinals of client actions that are left out. */
  without?: ReadonlySet<number>;
  trace?: boolean;
  /** Ordinals of points at which the instance dies, whatever the seed says of faults. */
  crashAt?: readonly number[];
}

export interface Played {
  dump: Dump;
  faults: Delivered[];
  actions: number;
  trace: string[];
  /** What should never happen, whatever the log says: bugs that were reported as such, refused cursors. */
  troubles: string[];
  /** Every point that was passed, in order. */
  points: Point[];
}

export interface Point {
  label: Label;
  when: When;
}

const STEPS = 260;
const QUIET_STEPS = 400;
/** The SDK's back-off between attempts, milliseconds. */
const BACKOFF_MS = 500;
const JUMP_MS = 600_000;
const LATE_MS = 30_000;

type Act = [weight: number, what: string, act: () => unknown];

export async function play(choice: Choice): Promise<Played> {
  return new Schedule(choice).run();
}

class Schedule {
  readonly #choice: Choice;
  readonly #random: Random;
  readonly #faults: Faults;
  readonly #world: World;
  readonly #records: Records;
  readonly #reader = new Reader();
  readonly #walker = new Walker();
  readonly #intents: Intent[];
  readonly #sendings: Sending[] = [];
  readonly #trace: string[] = [];
  readonly #points: Point[] = [];
  readonly #wrong: string[] = [];
  #action = 0;
  #rolledBack = false;
  #reading = false;
  /** What follows is looking at what was left, not part of the schedule. */
  #over = false;
  #step = 0;

  constructor(choice: Choice) {
    this.#choice = choice;
    this.#random = new Random(choice.seed);
    this.#faults = new Faults(choice.seed, choice.only ?? null, choice.kinds ?? null);
    const script = new Random(choice.seed ^ 0x2545f491);
    const cents = cap(script);
    this.#intents = intents(script, cents !== null);
    const answers = new Answers(script, this.#faults);
    this.#world = new World(cents === null ? INIT : { ...INIT, budget: budgetOf(cents) }, {
      point: (label, when, life) => this.#point(label, when, life),
      statement: (query, life) => this.#statement(query, life),
      answer: () => answers.next(),
      deaf: () => this.#struck("late_outcome", "the answer comes all the same"),
      committed: (cost) => {
        this.#say(`${cost.label}: ${cost.types.join(" ")}`);
        this.#records.committed(cost);
      },
    });
    this.#records = new Records(this.#world);
  }

  async run(): Promise<Played> {
    const world = this.#world;
    give({
      now: () => world.now,
      fill: (bytes) => this.#random.fill(bytes),
      later: (run) => void world.later(world.life, "timer").then(run),
      line: (text) => world.lines.push(text),
    });
    try {
      for (let tries = 0; !(await this.#created()) && tries < 20; tries++) await settled();
      for (this.#step = 0; this.#step < STEPS && (await this.#once()); this.#step++);
      await this.#quiet();
      this.#over = true;
      const dump = await takeDump(
        world,
        this.#records,
        this.#reader,
        this.#walker,
        this.#sendings,
        this.#step < STEPS + QUIET_STEPS,
      );
      const bugs = world.lines.filter(
        (line) => !/^\{"level":"info"|SQLITE_FULL|Fenced|written by a newer|"error":"(Error|TooNew|Crash)"/.test(line),
      );
      return {
        dump,
        faults: this.#faults.delivered,
        actions: this.#action,
        trace: this.#trace,
        troubles: [...bugs, ...this.#reader.refused, ...this.#wrong],
        points: this.#points,
      };
    } finally {
      for (const life of world.lives) life.dead = true;
      give(null);
    }
  }

  async #created(): Promise<boolean> {
    const reply = this.#world.create([], { cred: "a", key: null, digest: "create", retry: 0 });
    await settled();
    return (await Promise.race([reply, settled()]))?.ok === true;
  }

  /** One thing happens; false when nothing more will. */
  async #once(): Promise<boolean> {
    const acts = this.#acts();
    if (acts.length === 0 && !this.#wait()) return false;
    if (acts.length > 0) {
      const [, what, act] = this.#draw(acts);
      this.#say(what);
      // Not waited for: what it waits for is an act of its own.
      void (async () => act())().catch((error: unknown) => this.#world.lines.push(`act: ${error}`));
    }
    await settled();
    // What a build that cannot read the log does to the alarm is not the log's.
    if (this.#rolledBack) this.#world.cell.tampered = true;
    this.#world.now += this.#random.below(40);
    return true;
  }

  #draw(acts: Act[]): Act {
    let dart = this.#random.next() * acts.reduce((sum, [weight]) => sum + weight, 0);
    for (const act of acts) {
      dart -= act[0];
      if (dart < 0) return act;
    }
    return acts[0] as Act;
  }

  /** Nothing can happen now: the clock moves on to what is due next. */
  #wait(): boolean {
    const { world } = this.#due();
    if (world === null) return false;
    this.#world.now = Math.max(this.#world.now, world);
    return true;
  }

  #due() {
    const times = this.#sendings.filter((one) => this.#retries(one)).map((one) => one.due);
    if (this.#world.cell.alarm !== null && !this.#world.alarmRuns) times.push(this.#world.cell.alarm);
    return { world: times.length > 0 ? Math.min(...times) : null };
  }

  #retries(one: Sending): boolean {
    return !one.busy && one.post.acked === null && !one.post.refused && one.tries < ATTEMPTS;
  }

  #acts(): Act[] {
    const world = this.#world;
    const acts: Act[] = [];
    for (const [i, next] of world.pending.entries()) {
      if (!next.owner?.dead) acts.push([3, `${next.what} goes on`, () => this.#deliver(i)]);
    }
    for (const entry of world.hand.running)
      acts.push([3, `tool ${entry.key.slice(-4)} ends`, () => this.#tool(entry.key)]);
    for (const one of this.#sendings) {
      if (this.#retries(one) && one.due <= world.now)
        acts.push([3, `attempt ${one.tries} of ${one.sender.cred}`, () => this.#attempt(one)]);
    }
    if (this.#intents[this.#action] && this.#mayAct()) acts.push([1.5, `action ${this.#action}`, () => this.#act()]);
    if (world.cell.alarm !== null && !world.alarmRuns && world.cell.alarm <= world.now)
      acts.push([3, "alarm", () => this.#alarm()]);
    if (this.#walker.busy) acts.push([2, "next page", () => this.#walker.step(world)]);
    if (this.#reading && this.#reader.idle === false) acts.push([1.5, "reader", () => this.#read()]);
    if (!this.#faults.quiet && acts.length > 0) acts.push([1.2, "trouble", () => this.#trouble()]);
    return acts;
  }

  #credOf(action: number): string {
    return action % 2 === 0 ? "a" : "b";
  }

  /** A client sends its next post when it has the answer to the one before; two clients may be at it at once. */
  #mayAct(): boolean {
    const cred = this.#credOf(this.#action);
    return !this.#sendings.some((one) => one.sender.cred === cred && (one.busy || this.#retries(one)));
  }

  #deliver(i: number): void {
    if (this.#world.pending[i]?.what === "db" && this.#struck("catalog_fails", "no answer from the catalog")) {
      this.#world.fail(i);
    } else this.#world.deliver(i);
  }

  #tool(key: string): void {
    const { hand } = this.#world;
    if (this.#struck("double_outcome", "two instances wait for it")) {
      this.#world.end("zombie");
      void this.#world.fire();
    } else if (this.#struck("process_lost", "the machine restarts")) hand.lose(true);
    else if (this.#struck("disk_lost", "the machine and its disk are gone")) hand.lose(false);
    else hand.finish(key);
  }

  async #alarm(): Promise<void> {
    const world = this.#world;
    if (this.#struck("alarm_late", "the alarm is late")) world.cell.tamper(world.now + LATE_MS);
    else if (this.#struck("alarm_lost", "the alarm is lost")) {
      world.cell.tamper(null);
    } else {
      void world.fire();
      if (this.#struck("alarm_twice", "the alarm fires twice")) void world.fire();
    }
  }

  #trouble(): void {
    const world = this.#world;
    if (this.#struck("crash_between", "the instance dies")) world.end("crash");
    else if (this.#struck("put_away", "the instance is put away")) this.#putAway();
    else if (this.#struck("zombie", "the instance is replaced and goes on")) world.end("zombie");
    else if (this.#struck("next_build", "the next build writes")) nextBuild(world, this.#random);
    else if (!this.#rolledBack && this.#struck("rolled_back", "the build is too old for the log")) {
      world.end("crash");
      this.#rolledBack = setMinReader(world, 99);
    } else if (world.cell.alarm !== null && this.#struck("alarm_early", "the alarm fires early")) void world.fire();
    else if (this.#struck("clock_forward", "the clock jumps ahead")) world.now += JUMP_MS;
    else if (this.#struck("clock_back", "the clock jumps back")) world.now -= JUMP_MS;
    else if (this.#struck("reader_cut", "the reader is cut off")) this.#reader.cut();
    else if (this.#rolledBack && this.#random.chance(0.3)) this.#forward();
    else this.#zombieActs();
  }

  /** Only an instance at rest is ever put away with its sockets. */
  #putAway(): void {
    const { pending, life, alarmRuns } = this.#world;
    if (!alarmRuns && !pending.some((one) => one.owner === life)) this.#world.end("quietly");
  }

  #zombieActs(): void {
    const zombie = this.#world.lives.find((life) => life !== this.#world.life && !life.dead);
    if (!zombie || !this.#struck("zombie_acts", "the replaced instance acts")) return;
    const late = this.#sendings.find((one) => this.#retries(one));
    if (late && this.#random.chance(0.5)) void this.#attempt(late, zombie);
    else void this.#world.fire(zombie);
  }

  #forward(): void {
    this.#world.end("crash");
    this.#rolledBack = !setMinReader(this.#world, 1);
  }

  async #act(): Promise<void> {
    const at = this.#action++;
    const intent = this.#intents[at] as Intent;
    if (this.#choice.without?.has(at)) return;
    this.#say(`does ${JSON.stringify(intent)}`);
    if (intent.do === "walk") return this.#walker.begin(this.#world, intent);
    if (intent.do === "update") return this.#records.update(patchOf(intent));
    if (intent.do === "archive") return void this.#world.call((session) => session.archive(INIT.workspace));
    if (intent.do === "read") {
      this.#reading = true;
      return void this.#reader.connect(this.#world, intent.from === "start" ? 0 : this.#reader.cursor);
    }
    const drafts = this.#drafts(intent);
    if (drafts.length === 0) return;
    const key = intent.do === "say" && intent.keyed ? `key ${at}` : null;
    const far = intent.do === "say" && intent.remote;
    const stored = far ? [remote(drafts[0] as Draft, INIT.id, this.#world.bucket), ...drafts.slice(1)] : drafts;
    const one = sending(this.#credOf(at), key, drafts, stored, this.#world.now);
    this.#sendings.push(one);
    return this.#attempt(one);
  }

  #drafts(intent: Intent) {
    if (intent.do === "interrupt") return [draft("user.interrupt", {}, null)];
    if (intent.do === "answer") return this.#records.answers(intent);
    if (intent.do !== "say") return [];
    return [
      draft("user.message", {}, intent.text),
      ...(intent.more ? [draft("user.message", {}, intent.more)] : []),
      ...(intent.system ? [draft("system.message", {}, "be brief")] : []),
    ];
  }

  /** One attempt of a post; the answer may be lost, the request may be sent again while it is on its way, or come last. */
  async #attempt(one: Sending, to?: Life): Promise<void> {
    const retry = one.tries++;
    one.busy = true;
    const send = () => {
      one.post.attempts += 1;
      return this.#world.post(one.drafts, { ...one.sender, retry }, to);
    };
    let answer: ReturnType<typeof send>;
    if (this.#struck("post_late", "the post comes late")) {
      answer = Promise.resolve(null);
      void this.#world.later(null, "late post").then(send);
    } else answer = send();
    if (this.#struck("post_repeated", "the post is sent again at once") && one.tries < ATTEMPTS) {
      const again = one.tries++;
      one.post.attempts += 1;
      void this.#world.post(one.drafts, { ...one.sender, retry: again });
    }
    void answer.then((outcome) => this.#answered(one, outcome));
  }

  #answered(one: Sending, outcome: Awaited<ReturnType<World["post"]>>): void {
    one.busy = false;
    one.due = this.#world.now + BACKOFF_MS;
    const lost = outcome === null || this.#struck("ack_lost", "the answer is lost");
    if (lost || one.post.acked) return;
    // What the SDK retries: conflicts and errors of the server; anything else is an answer.
    if (!outcome.ok) one.post.refused = outcome.error.status < 500 || outcome.error.noRetry === true;
    else
      one.post.acked = (JSON.parse(outcome.value as string) as { data: { id: string }[] }).data.map(
        (event) => event.id,
      );
    this.#records.acked(one);
  }

  async #read(): Promise<void> {
    if (!this.#reader.open) return this.#reader.connect(this.#world, this.#reader.cursor);
    this.#reader.drain(true);
  }

  async #quiet(): Promise<void> {
    const world = this.#world;
    this.#faults.quiet = true;
    for (const life of world.lives) if (life !== world.life) world.kill(life);
    if (this.#rolledBack) this.#forward();
    this.#say("left alone");
    // A request comes by once in a while, as a console does; it asks for nothing.
    void world.call((session) => session.getSession(INIT.workspace));
    await settled();
    for (let i = 0; i < QUIET_STEPS && (await this.#once()); i++, this.#step++);
    if (this.#reading) {
      if (!this.#reader.open) await world.through(this.#reader.connect(world, this.#reader.cursor));
      this.#reader.drain(true);
      this.#reader.drain(true);
    }
  }

  #point(label: Label, when: When, life: Life): void {
    if (this.#over) return;
    const at = this.#points.push({ label, when }) - 1;
    if (this.#choice.crashAt?.includes(at)) this.#dies(label, when, life);
    const kind = when === "before" ? "crash_before" : "crash_after";
    if (this.#struck(kind, `dies ${when} ${label}`)) this.#world.crash(life);
  }

  /** What a crash leaves behind: all of a commit or nothing of it, and nothing that was not committed (reliability.md §3.3). */
  #dies(label: Label, when: When, life: Life): never {
    const { cell } = this.#world;
    this.#say(`CRASH ${when} ${label}`);
    try {
      return this.#world.crash(life);
    } finally {
      const { changed } = cell;
      if (changed.length > 0)
        this.#wrong.push(`${classOf(label, when)}: ${changed.join(", ")} not as the last commit left them`);
    }
  }

  #statement(query: string, life: Life): void {
    const booting = life.booting && query.includes("FROM events WHERE thread = ? AND seq > ?");
    if (booting && this.#struck("oom_at_boot", "memory runs out at boot")) this.#world.crash(life);
    if (query.startsWith("INSERT INTO events") && this.#struck("storage_error", "the disk is full")) {
      this.#world.crashes += 1;
      throw new Error("SQLITE_FULL: database or disk is full");
    }
  }

  #struck(kind: Parameters<Faults["strikes"]>[0], what: string): boolean {
    const struck = this.#faults.strikes(kind);
    if (struck) this.#say(`FAULT ${this.#faults.delivered.at(-1)?.at} ${kind}: ${what}`);
    return struck;
  }

  #say(what: string): void {
    if (this.#choice.trace)
      this.#trace.push(`${String(this.#step).padStart(3)} ${this.#world.now - 1_700_000_000_000} ${what}`);
  }
}
