/** The two parties outside a session: the model server and the hand. Both outlive its instances and keep a journal for the checker. */
import { type FailureKind, ModelFailure, type ModelRequest, type RawEvent } from "../../src/brain/model.ts";
import { type Call, type Hand, HandRefused, type Result } from "../../src/hands/hand.ts";
import { UNKNOWN_TEXT } from "../../src/hands/texts.ts";
import type { HandEntry, ModelBody } from "../checker/dump.ts";
import type { Instance } from "./platform.ts";

export type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: object };
/** How the server answers one request. */
export type Answer =
  | { how: "complete"; blocks: Block[]; stop?: string; cutLast?: boolean }
  | { how: "refused"; kind: FailureKind }
  | { how: "broken"; blocks: Block[]; kind: FailureKind };

/** Of every whole response: 0.6 cents at the price of the model that is asked, so that a cap of a few cents is reached on the way. */
const OUTPUT_TOKENS = 300;

/** Lets something happen later, when the schedule says so; a dead instance never hears of it. */
export type Later = (owner: Instance | null, what: string) => Promise<void>;

export class ModelServer {
  readonly bodies: ModelBody[] = [];
  /** Answers in the order of the requests; each schedule brings its own. */
  readonly answer: (body: string) => Answer;
  readonly #later: Later;
  /** An aborted request goes on as if nobody had hung up. */
  readonly #deaf: () => boolean;

  constructor(parts: { answer: (body: string) => Answer; later: Later; deaf: () => boolean }) {
    this.answer = parts.answer;
    this.#later = parts.later;
    this.#deaf = parts.deaf;
  }

  async *stream(instance: Instance, request: ModelRequest): AsyncGenerator<RawEvent> {
    instance.point("model.request", "before");
    const sent = request.body();
    const text = sent instanceof Uint8Array ? new TextDecoder().decode(sent) : await new Response(sent).text();
    const entry: ModelBody = { text, answer: "none" };
    this.bodies.push(entry);
    const answer = this.answer(text);
    instance.point("model.request", "after");
    const heard = () => this.#heard(instance, request.signal);
    await heard();
    entry.answer = answer.how;
    if (answer.how === "refused") throw new ModelFailure(answer.kind, answer.kind, { refused: true });
    const usage = { input_tokens: 100, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    yield { type: "message_start", message: { id: `msg_${this.bodies.length}`, model: "claude-opus-5-5", usage } };
    for (const [index, block] of answer.blocks.entries()) {
      const cut = answer.how === "complete" && answer.cutLast === true && index === answer.blocks.length - 1;
      yield* raw(index, block, cut);
      if (index === 0 && answer.blocks.length > 1) await heard();
    }
    if (answer.how === "broken") {
      await heard();
      if (answer.kind === "cut") return;
      throw new ModelFailure(answer.kind, answer.kind);
    }
    const stop = answer.stop ?? (answer.blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn");
    entry.stop = stop;
    yield {
      type: "message_delta",
      delta: { stop_reason: stop, stop_details: null },
      usage: { output_tokens: OUTPUT_TOKENS },
    };
    yield { type: "message_stop" };
  }

  async #heard(instance: Instance, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<never>((_, reject) => {
      const end = () => {
        if (!this.#deaf()) reject(new ModelFailure("aborted", "aborted"));
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
    aborted.catch(() => {});
    await Promise.race([this.#later(instance, "model"), aborted]);
  }
}

function* raw(index: number, block: Block, cut: boolean): Generator<RawEvent> {
  if (block.type === "text") {
    yield { type: "content_block_start", index, content_block: { type: "text", text: "" } };
    for (const piece of [block.text.slice(0, 3), block.text.slice(3)])
      yield { type: "content_block_delta", index, delta: { type: "text_delta", text: piece } };
  } else {
    const { input, ...rest } = block;
    yield { type: "content_block_start", index, content_block: { ...rest, input: {} } };
    const json = JSON.stringify(input);
    const partial_json = cut ? json.slice(0, -3) : json;
    yield { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } };
    if (cut) return;
  }
  yield { type: "content_block_stop", index };
}

interface Entry extends HandEntry {
  state: "running" | "done" | "unknown";
  waiters: ((result: Result) => void)[];
}

/** A hand that keeps its contract (hands/hand.ts): the sandbox's own record of keys outlives the machine and its disk. */
export class SimHand {
  readonly entries = new Map<string, Entry>();
  readonly machines = { begun: 0, alive: 0 };
  readonly running: Entry[] = [];
  #epoch = 0;
  readonly #later: Later;

  constructor(later: Later) {
    this.#later = later;
  }

  /** The hand as one instance sees it. */
  of(instance: Instance): Hand {
    return {
      // Failing is silent, as the contract says.
      warm: (epoch) => this.#warm(instance, epoch).catch(() => {}),
      execute: (call) => this.#execute(instance, call),
      cancel: async (key, epoch) => {
        instance.point("hand.cancel", "before");
        this.#epoch = Math.max(this.#epoch, epoch);
        const entry = this.entries.get(key);
        if (entry?.state === "running") this.#end(entry, "cancelled");
        instance.point("hand.cancel", "after");
      },
      remove: async () => {
        instance.point("hand.remove", "before");
        this.machines.alive = 0;
        instance.point("hand.remove", "after");
      },
    };
  }

  /** The machine dies: what runs has no outcome. Without its disk, recorded outcomes are gone too. */
  lose(disk: boolean): void {
    for (const entry of this.entries.values()) {
      if (entry.state === "running") this.#lost(entry);
      if (!disk) {
        entry.outcome = null;
        entry.state = "unknown";
      }
    }
  }

  /** A tool's body comes to its end. */
  finish(key: string): void {
    const entry = this.entries.get(key);
    if (entry?.state === "running") this.#end(entry, `did ${key.slice(-6)}`);
  }

  async #warm(instance: Instance, epoch: number): Promise<void> {
    instance.point("hand.warm", "before");
    this.#provision(epoch);
    instance.point("hand.warm", "after");
  }

  async #execute(instance: Instance, call: Call): Promise<Result> {
    instance.point("hand.execute", "before");
    if (call.epoch < this.#epoch) throw new HandRefused("stale_epoch");
    this.#provision(call.epoch);
    let entry = this.entries.get(call.key);
    if (entry && entry.digest !== call.digest) throw new HandRefused("digest_conflict");
    if (!entry) {
      entry = { key: call.key, digest: call.digest, runs: 1, outcome: null, state: "running", waiters: [] };
      this.entries.set(call.key, entry);
      this.running.push(entry);
    }
    const known = entry;
    instance.point("hand.execute", "after");
    const result = await new Promise<Result>((resolve) => {
      if (known.state === "running") known.waiters.push(resolve);
      else resolve(resultOf(known));
    });
    await this.#later(instance, "hand");
    return result;
  }

  #provision(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    if (this.machines.alive > 0) return;
    this.machines.begun += 1;
    this.machines.alive = 1;
  }

  #end(entry: Entry, outcome: string): void {
    entry.outcome = outcome;
    entry.state = "done";
    this.#tell(entry);
  }

  #lost(entry: Entry): void {
    entry.state = "unknown";
    this.#tell(entry);
  }

  #tell(entry: Entry): void {
    this.running.splice(this.running.indexOf(entry), 1);
    for (const waiter of entry.waiters.splice(0)) waiter(resultOf(entry));
  }
}

function resultOf(entry: Entry): Result {
  if (entry.state === "done") return { content: [{ type: "text", text: entry.outcome ?? "" }], isError: false };
  return { content: [{ type: "text", text: UNKNOWN_TEXT }], isError: true, unknown: true };
}
