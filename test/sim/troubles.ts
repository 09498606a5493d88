/** What goes wrong around a session: in the place of what would have happened, or out of nowhere. */
import type { Cast } from "./cast.ts";
import { nextBuild, setMinReader } from "./next-build.ts";
import type { Posts } from "./posts.ts";
import type { Reader } from "./reader.ts";

const JUMP_MS = 600_000;
const LATE_MS = 30_000;
/** No build of ours can read a log that asks for this one; the first build can read what is asked of it otherwise. */
const TOO_NEW = 99;
const ANY_BUILD = 1;

export class Troubles {
  /** The build that runs cannot read the log. */
  rolledBack = false;
  readonly #cast: Cast;
  readonly #posts: Posts;
  readonly #reader: Reader;

  constructor(cast: Cast, posts: Posts, reader: Reader) {
    this.#cast = cast;
    this.#posts = posts;
    this.#reader = reader;
  }

  /** The i-th arrives, or fails. */
  deliver(i: number): void {
    const { world, faults } = this.#cast;
    const what = world.pending.arrivals[i]?.what;
    if (what === "db" && faults.strikes("catalog_fails", "the catalog is not reached")) world.pending.fail(i);
    else if (what === "db" && faults.strikes("catalog_unheard", "the catalog's answer is lost"))
      world.pending.fail(i, true);
    else if (what === "bucket" && faults.strikes("bucket_fails", "no answer from the bucket")) world.pending.fail(i);
    else world.pending.deliver(i);
  }

  /** What becomes of a word to the hand that nobody waits for. */
  hand(): "lost" | "unheard" | null {
    const { faults } = this.#cast;
    if (faults.strikes("hand_fails", "the hand is not reached")) return "lost";
    return faults.strikes("hand_unheard", "the hand's answer is lost") ? "unheard" : null;
  }

  /** A tool ends, or its machine does. */
  tool(key: string): void {
    const { world, faults } = this.#cast;
    if (faults.strikes("double_outcome", "two instances wait for it")) {
      world.end("zombie");
      void world.alarms.fire();
    } else if (faults.strikes("process_lost", "the machine restarts")) world.hand.lose(true);
    else if (faults.strikes("disk_lost", "the machine and its disk are gone")) world.hand.lose(false);
    else world.hand.finish(key);
  }

  /** The alarm fires, or does not. */
  alarm(): void {
    const { world, faults } = this.#cast;
    if (faults.strikes("alarm_late", "the alarm is late")) world.cell.tamper(world.now + LATE_MS);
    else if (faults.strikes("alarm_lost", "the alarm is lost")) world.cell.tamper(null);
    else {
      void world.alarms.fire();
      if (faults.strikes("alarm_twice", "the alarm fires twice")) void world.alarms.fire();
    }
  }

  /** Each kind is asked in turn; mostly none falls. */
  outOfNowhere(): void {
    const { world, faults, random } = this.#cast;
    if (faults.strikes("crash_between", "the instance dies")) world.end("crash");
    else if (faults.strikes("put_away", "the instance is put away")) this.#putAway();
    else if (faults.strikes("zombie", "the instance is replaced and goes on")) world.end("zombie");
    else if (faults.strikes("next_build", "the next build writes")) nextBuild(world, random);
    else if (!this.rolledBack && faults.strikes("rolled_back", "the build is too old for the log")) {
      world.end("crash");
      this.rolledBack = setMinReader(world, TOO_NEW);
    } else if (world.cell.alarm !== null && faults.strikes("alarm_early", "the alarm fires early"))
      void world.alarms.fire();
    else if (faults.strikes("clock_forward", "the clock jumps ahead")) world.now += JUMP_MS;
    else if (faults.strikes("clock_back", "the clock jumps back")) world.now -= JUMP_MS;
    else if (faults.strikes("reader_cut", "the reader is cut off")) this.#reader.cut();
    else if (this.rolledBack && random.chance(0.3)) this.rollForward();
    else this.#zombieActs();
  }

  /** A build that can read the log runs again. */
  rollForward(): void {
    const { world } = this.#cast;
    world.end("crash");
    this.rolledBack = !setMinReader(world, ANY_BUILD);
  }

  /** Only an instance at rest is ever put away with its sockets. */
  #putAway(): void {
    const { world } = this.#cast;
    const atWork = world.alarms.running || world.pending.arrivals.some((one) => one.owner === world.life);
    if (!atWork) world.end("quietly");
  }

  #zombieActs(): void {
    const { world, faults, random } = this.#cast;
    const zombie = world.lives.find((life) => life !== world.life && !life.dead);
    if (!zombie || !faults.strikes("zombie_acts", "the replaced instance acts")) return;
    const late = this.#posts.retrying[0];
    if (late && random.chance(0.5)) this.#posts.attempt(late, zombie);
    else void world.alarms.fire(zombie);
  }
}
