import { Random } from "./random.ts";

/** Everything that a schedule may do to a session, with the chance that one opportunity is used when the kind is on. */
export const RATES = {
  crash_before: 0.02,
  crash_after: 0.03,
  crash_between: 0.04,
  put_away: 0.1,
  zombie: 0.04,
  zombie_acts: 0.5,
  alarm_early: 0.05,
  alarm_late: 0.5,
  alarm_twice: 0.4,
  alarm_lost: 0.4,
  ack_lost: 0.25,
  post_repeated: 0.2,
  post_late: 0.2,
  reader_cut: 0.05,
  reader_older: 0.5,
  late_outcome: 0.6,
  double_outcome: 0.15,
  process_lost: 0.15,
  disk_lost: 0.15,
  next_build: 0.06,
  rolled_back: 0.04,
  oom_at_boot: 0.3,
  storage_error: 0.02,
  write_refused: 0.01,
  read_refused: 0.004,
  alarm_unread: 0.05,
  clock_forward: 0.03,
  clock_back: 0.03,
  model_refuses: 0.3,
  model_breaks: 0.3,
  catalog_fails: 0.4,
  catalog_unheard: 0.4,
  bucket_fails: 0.5,
  hand_fails: 0.3,
  hand_unheard: 0.3,
} as const;
export type Fault = keyof typeof RATES;
export const FAULTS = Object.keys(RATES) as Fault[];

/** The chance that a schedule has a kind at all: few kinds at once reach further than a little of everything. */
const ON = 0.3;
const MOST = 8;

export interface Delivered {
  /** The ordinal of the opportunity: what a minimised schedule keeps or leaves out. */
  at: number;
  kind: Fault;
}

export interface Allowed {
  seed: number;
  /** Only these opportunities for faults are used; null: as the seed says. */
  only?: ReadonlySet<number> | null;
  /** Only these kinds of faults; null: all that the seed has. */
  kinds?: ReadonlySet<Fault> | null;
}

/**
 * Decides at each opportunity whether a fault falls there. The decision depends on the seed and the opportunity's ordinal only, so leaving one
 * out does not move the others.
 */
export class Faults {
  readonly delivered: Delivered[] = [];
  quiet = false;
  readonly #seed: number;
  readonly #on: Set<Fault>;
  readonly #only: ReadonlySet<number> | null;
  readonly #kinds: ReadonlySet<Fault> | null;
  readonly #say: (what: string) => void;
  #opportunity = 0;

  constructor({ seed, only, kinds }: Allowed, say: (what: string) => void) {
    this.#seed = seed;
    this.#only = only ?? null;
    this.#kinds = kinds ?? null;
    this.#say = say;
    const random = new Random(seed ^ 0x5bd1e995);
    this.#on = new Set(FAULTS.filter(() => random.chance(ON)));
  }

  /** `what`: said when the fault falls. */
  strikes(kind: Fault, what: string | null = null): boolean {
    if (this.quiet || !this.#on.has(kind)) return false;
    const at = this.#opportunity++;
    if (this.#kinds && !this.#kinds.has(kind)) return false;
    if (this.#only ? !this.#only.has(at) : this.delivered.length >= MOST) return false;
    if (!this.#only && new Random(this.#seed * 2_654_435_761 + at * 40_503).next() >= RATES[kind]) return false;
    this.delivered.push({ at, kind });
    if (what !== null) this.#say(`FAULT ${at} ${kind}: ${what}`);
    return true;
  }
}
