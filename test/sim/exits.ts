/** What strikes an instance from within: at its ways out (points.ts), and in the place of a statement. */
import type { Cast } from "./cast.ts";
import type { Fault } from "./faults.ts";
import type { Life } from "./life.ts";
import { classOf, Injected, type Label, type When } from "./points.ts";

/** In the place of a statement: the question when the alarm is due. */
export const ASK_ALARM = "getAlarm";
/** Of a statement in the trace. */
const SHOWN_CHARS = 40;

/** How the storage refuses a statement. */
function refusalOf(query: string): [Fault, string] {
  if (query === ASK_ALARM) return ["alarm_unread", "SQLITE_IOERR: the alarm cannot be read"];
  if (query.startsWith("SELECT")) return ["read_refused", "SQLITE_IOERR: disk I/O error"];
  const rows = query.startsWith("INSERT INTO events");
  return [rows ? "storage_error" : "write_refused", "SQLITE_FULL: database or disk is full"];
}

export interface Point {
  label: Label;
  when: When;
}

export class Exits {
  /** Every point that was passed, in order. */
  readonly points: Point[] = [];
  /** What a crash left behind and should not have. */
  readonly wrong: string[] = [];
  /** What follows is looking at what was left, not part of the schedule. */
  over = false;
  readonly #cast: Cast;
  /** Ordinals of points at which the instance dies, whatever the seed says of faults. */
  readonly #crashAt: readonly number[];

  constructor(cast: Cast, crashAt: readonly number[]) {
    this.#cast = cast;
    this.#crashAt = crashAt;
  }

  pass(label: Label, when: When, life: Life): void {
    if (this.over) return;
    const at = this.points.push({ label, when }) - 1;
    if (this.#crashAt.includes(at)) this.#dies(label, when, life);
    const { faults, world } = this.#cast;
    const kind = when === "before" ? "crash_before" : "crash_after";
    if (faults.strikes(kind, `dies ${when} ${label}`)) world.crash(life);
  }

  statement(query: string, life: Life): void {
    const { faults, world } = this.#cast;
    const booting = life.booting && query.includes("FROM events WHERE thread = ? AND seq > ?");
    if (booting && faults.strikes("oom_at_boot", "memory runs out at boot")) world.crash(life);
    const [kind, what] = refusalOf(query);
    if (!faults.strikes(kind, `${what}, at ${query.slice(0, SHOWN_CHARS)}`)) return;
    world.crashes += 1;
    // What it has in memory of the log may be given up.
    life.warm = false;
    throw new Injected(what);
  }

  /** What a crash leaves behind: all of a commit or nothing of it, and nothing that was not committed (reliability.md §3.3). */
  #dies(label: Label, when: When, life: Life): never {
    const { world, say } = this.#cast;
    say(`CRASH ${when} ${label}`);
    try {
      return world.crash(life);
    } finally {
      const { changed } = world.cell;
      if (changed.length > 0)
        this.wrong.push(`${classOf(label, when)}: ${changed.join(", ")} not as the last commit left them`);
    }
  }
}
