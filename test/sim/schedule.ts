/** Layer A: one seed, one schedule. What happens next is drawn from the seed; afterwards the world is left alone until it rests. */
import type { Dump } from "../checker/dump.ts";
import type { Cast } from "./cast.ts";
import { Clients } from "./clients.ts";
import { takeDump } from "./dump.ts";
import { Exits, type Point } from "./exits.ts";
import { type Allowed, type Delivered, type Fault, Faults } from "./faults.ts";
import { give, settled } from "./globals.ts";
import { budgetOf, INIT } from "./init.ts";
import type { Answer } from "./model-server.ts";
import { Posts } from "./posts.ts";
import { Random } from "./random.ts";
import { Records } from "./records.ts";
import { Answers, cap, type Intent, intents } from "./script.ts";
import { Steps } from "./steps.ts";
import { makeThreads } from "./threads.ts";
import { Troubles } from "./troubles.ts";
import { World } from "./world.ts";

/** What is done to a session by hand, in the place of what the seed says; the order of things is still the seed's. */
export interface Scene {
  /** Threads beside the primary one. */
  children: number;
  /** The session's cap. */
  cents: number;
  intents: Intent[];
  /** What the model says to a request's body. */
  answer: (body: string) => Answer;
}

export interface Choice extends Allowed {
  scene?: Scene;
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

/** How many sessions have further threads. */
const WITH_THREADS = 0.15;
const STEPS = 260;
const QUIET_STEPS = 400;
/** Where the trace's clock begins, milliseconds since 1970. */
const BEGIN = 1_700_000_000_000;
/** Lines that a fault explains. */
const EXPECTED =
  /^\{"level":"info"|SQLITE_|bucket failed|Fenced|written by a newer|"reason":"newer_build"|"event":"catalog",[^}]*"error":"Error"|"error":"(Injected|TooNew|Crash)"/;

/** A loop that stumbled again and again over what these refuse ends its turn. */
const HALT = /"event":"halt"/;
const STUMBLES: readonly Fault[] = ["storage_error", "write_refused", "read_refused", "bucket_fails"];

export async function play(choice: Choice): Promise<Played> {
  return new Schedule(choice).run();
}

class Schedule implements Cast {
  readonly random: Random;
  readonly faults: Faults;
  readonly world: World;
  readonly records: Records;
  readonly #clients: Clients;
  readonly #posts = new Posts(this);
  readonly #troubles: Troubles;
  readonly #exits: Exits;
  readonly #steps: Steps;
  /** Threads beside the primary one. */
  readonly #children: number;
  /** Null: nobody asked for one. */
  readonly #trace: string[] | null;
  #step = 0;
  /** Milliseconds of the simulated clock from when it was left alone until it rested. */
  #rested = 0;
  readonly say = (what: string): void => {
    this.#trace?.push(`${String(this.#step).padStart(3)} ${this.world.now - BEGIN} ${what}`);
  };

  constructor(choice: Choice) {
    const { seed, scene } = choice;
    this.#trace = choice.trace ? [] : null;
    this.random = new Random(seed);
    this.faults = new Faults(choice, this.say);
    const script = new Random(seed ^ 0x2545f491);
    const threads = new Random(seed ^ 0x51ed270b);
    this.#children = scene?.children ?? (threads.chance(WITH_THREADS) ? 1 + threads.below(2) : 0);
    const cents = scene?.cents ?? cap(script);
    const wanted = scene?.intents ?? intents(script, cents !== null);
    const answers = new Answers(script, this.faults);
    this.world = new World(cents === null ? INIT : { ...INIT, budget: budgetOf(cents) }, {
      point: (label, when, life) => this.#exits.pass(label, when, life),
      statement: (query, life) => this.#exits.statement(query, life),
      answer: scene?.answer ?? (() => answers.next()),
      deaf: () => this.faults.strikes("late_outcome", "the answer comes all the same"),
      handFails: () => this.#troubles.hand(),
      committed: (cost) => {
        this.say(`${cost.label}: ${cost.types.join(" ")}`);
        this.records.committed(cost);
      },
    });
    this.records = new Records(this.world);
    this.#exits = new Exits(this, choice.crashAt ?? []);
    this.#clients = new Clients(this, this.#posts, wanted, choice.without ?? new Set());
    this.#troubles = new Troubles(this, this.#posts, this.#clients.reader);
    this.#steps = new Steps(this, this.#posts, this.#clients, this.#troubles);
  }

  async run(): Promise<Played> {
    const { world } = this;
    give({
      now: () => world.now,
      fill: (bytes) => this.random.fill(bytes),
      later: (run) => void world.pending.later(world.life, "timer").then(run),
      line: (text) => world.lines.push(text),
    });
    try {
      for (let tries = 0; !(await this.#created()) && tries < 20; tries++) await settled();
      this.#makeThreads();
      for (this.#step = 0; this.#step < STEPS && (await this.#steps.next()); this.#step++);
      await this.#leaveAlone();
      this.#exits.over = true;
      return await this.#played();
    } finally {
      for (const life of world.lives) life.dead = true;
      give(null);
    }
  }

  /** Without faults: it is how the session begins, and nothing that it does. */
  #makeThreads(): void {
    if (this.#children === 0 || this.world.cell.sql.rows("meta").length === 0) return;
    this.faults.quiet = true;
    makeThreads(this.world, this.#children);
    this.faults.quiet = false;
  }

  async #created(): Promise<boolean> {
    const { world } = this;
    const reply = world.create([], { cred: "a", key: null, digest: "create", retry: 0 });
    await settled();
    if ((await Promise.race([reply, settled()]))?.ok) return true;
    // An instance that could not open goes away in its own time; until then nothing else happens.
    while (world.pending.arrivals.length > 0) world.pending.deliver(0);
    return false;
  }

  /** No fault falls any more, until nothing more happens. */
  async #leaveAlone(): Promise<void> {
    const { world } = this;
    this.faults.quiet = true;
    for (const life of world.lives) if (life !== world.life) world.kill(life);
    if (this.#troubles.rolledBack) this.#troubles.rollForward();
    this.say("left alone");
    // A request comes by once in a while, as a console does; it asks for nothing.
    void world.call((session) => session.getSession(INIT.workspace));
    await settled();
    const from = world.now;
    for (let i = 0; i < QUIET_STEPS && (await this.#steps.next()); i++, this.#step++);
    this.#rested = world.now - from;
    await this.#clients.readOn();
  }

  async #played(): Promise<Played> {
    const { world, faults, records } = this;
    const { reader, walker, action } = this.#clients;
    const rest = { quiet: this.#step < STEPS + QUIET_STEPS, restedAfter: this.#rested };
    const dump = await takeDump(world, records, reader, walker, this.#posts.sendings, rest);
    const stumbled = faults.delivered.some(({ kind }) => STUMBLES.includes(kind));
    const bugs = world.lines.filter((line) => !(EXPECTED.test(line) || (stumbled && HALT.test(line))));
    return {
      dump,
      faults: faults.delivered,
      actions: action,
      trace: this.#trace ?? [],
      troubles: [...bugs, ...reader.refused, ...this.#exits.wrong],
      points: this.#exits.points,
    };
  }
}
