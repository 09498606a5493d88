/** The people and programs outside: two who post in turns, one who pages through the list, one who reads the stream. */
import type { Draft } from "../../src/session/rpc.ts";
import type { Cast } from "./cast.ts";
import { INIT, patchOf } from "./init.ts";
import type { Posts } from "./posts.ts";
import { Reader } from "./reader.ts";
import type { Intent } from "./script.ts";
import { draft, remote, sending } from "./sending.ts";
import { Walker } from "./walker.ts";

export class Clients {
  readonly reader = new Reader();
  readonly walker = new Walker();
  /** Ordinal of the next action. */
  action = 0;
  /** Somebody has asked for the stream. */
  #reading = false;
  readonly #cast: Cast;
  readonly #posts: Posts;
  readonly #intents: readonly Intent[];
  /** Ordinals of actions that are left out. */
  readonly #without: ReadonlySet<number>;

  constructor(cast: Cast, posts: Posts, intents: readonly Intent[], without: ReadonlySet<number>) {
    this.#cast = cast;
    this.#posts = posts;
    this.#intents = intents;
    this.#without = without;
  }

  /** A client sends its next post when it has the answer to the one before; two clients may be at it at once. */
  get mayAct(): boolean {
    return this.action < this.#intents.length && !this.#posts.busy(credOf(this.action));
  }

  /** The reader has something to take in, or has to connect again. */
  get mayRead(): boolean {
    return this.#reading && !this.reader.idle;
  }

  act(): void {
    const { world, records, say } = this.#cast;
    const at = this.action++;
    const intent = this.#intents[at] as Intent;
    if (this.#without.has(at)) return;
    say(`does ${JSON.stringify(intent)}`);
    if (intent.do === "walk") this.walker.begin(world, intent);
    else if (intent.do === "update") records.update(patchOf(intent));
    else if (intent.do === "archive") void world.call((session) => session.archive(INIT.workspace));
    else if (intent.do === "read") {
      this.#reading = true;
      void this.reader.connect(world, intent.from === "start" ? 0 : this.reader.cursor);
    } else this.#post(at, intent, this.#drafts(intent));
  }

  async read(): Promise<void> {
    const { world, faults, random } = this.#cast;
    if (this.reader.open) return this.reader.drain(true);
    const old = faults.strikes("reader_older", "the reader begins at an older place");
    return this.reader.connect(world, old ? this.reader.older(random.below(99)) : this.reader.cursor);
  }

  /** Takes in everything that there is. */
  async readOn(): Promise<void> {
    const { world } = this.#cast;
    if (!this.#reading) return;
    if (!this.reader.open) await world.through(this.reader.connect(world, this.reader.cursor));
    this.reader.drain(true);
    this.reader.drain(true);
  }

  #post(at: number, intent: Intent, drafts: Draft[]): void {
    if (drafts.length === 0) return;
    const { world } = this.#cast;
    const key = intent.do === "say" && intent.keyed ? `key ${at}` : null;
    const far = intent.do === "say" && intent.remote;
    const stored = far ? [remote(drafts[0] as Draft, INIT.id, world.bucket), ...drafts.slice(1)] : drafts;
    this.#posts.begin(sending(credOf(at), key, drafts, stored, world.now));
  }

  #drafts(intent: Extract<Intent, { do: "say" | "interrupt" | "answer" }>): Draft[] {
    if (intent.do === "interrupt")
      return [draft("user.interrupt", intent.thread ? { session_thread_id: intent.thread } : {}, null)];
    if (intent.do === "answer") return this.#cast.records.answers(intent);
    return [
      draft("user.message", {}, intent.text),
      ...(intent.more ? [draft("user.message", {}, intent.more)] : []),
      ...(intent.system ? [draft("system.message", {}, "be brief")] : []),
    ];
  }
}

function credOf(action: number): string {
  return action % 2 === 0 ? "a" : "b";
}
