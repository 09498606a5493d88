/** What strikes an instance from within: at its ways out (points.ts), and in the place of a statement. */
import type { Cast } from "./cast.ts";
import type { Life } from "./life.ts";
import { classOf, type Label, type When } from "./points.ts";

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
    if (query.startsWith("INSERT INTO events") && faults.strikes("storage_error", "the disk is full")) {
      world.crashes += 1;
      throw new Error("SQLITE_FULL: database or disk is full");
    }
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
