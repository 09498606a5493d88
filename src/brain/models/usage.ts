/**
 * Tokens of one response, from the usage objects of its stream (spec/messages.md §13): `message_start` has the input side and the split of the
 * cache writes, each `message_delta` the totals so far, without the split.
 */

import { type Fields, isFields } from "./block.ts";

/** Counts of tokens. The prompt's size is input + cacheRead + cache5m + cache1h. */
export interface Tokens {
  /** The uncached part of the prompt only. */
  input: number;
  output: number;
  cacheRead: number;
  /** Written to the cache, by lifetime. */
  cache5m: number;
  cache1h: number;
}

/** One sampling of a response. `model` is set where another model than the one asked did the work. */
export interface Iteration extends Tokens {
  type: string;
  model: string | null;
}

/** The sum over `iterations`, which has at least one entry. */
export interface ResponseUsage extends Tokens {
  webSearches: number;
  /** What the provider says it used; null when it does not say. */
  speed: "standard" | "fast" | null;
  iterations: Iteration[];
  /** Whether part of it is a guess from streamed characters (reliability.md C7). */
  estimated: boolean;
}

/** Characters of output that count as one token in an estimate. */
const CHARS_PER_TOKEN = 4;

/** Collects the usage objects of one stream. Null and absent counters keep what is known. */
export class UsageMeter {
  #fields: Fields | null = null;
  #final = false;

  /** `message_start.message.usage`. */
  start(usage: unknown): void {
    this.#fields = fieldsOf(usage) ?? {};
  }

  /** `message_delta.usage`: cumulative. */
  update(usage: unknown): void {
    const update = fieldsOf(usage);
    if (update === null) return;
    const known = Object.entries(update).filter(([, value]) => value !== null && value !== undefined);
    this.#fields = { ...this.#fields, ...Object.fromEntries(known) };
    this.#final = true;
  }

  /** The usage so far; null before `message_start`. Without a final count, output is guessed from the characters streamed. */
  read(streamedChars: number): ResponseUsage | null {
    if (this.#fields === null) return null;
    const top = this.#fields;
    const iterations = iterationsOf(top);
    if (!this.#final) {
      const last = iterations.at(-1) as Iteration;
      last.output = Math.max(last.output, Math.ceil(streamedChars / CHARS_PER_TOKEN));
    }
    const speed = top.speed === "fast" || top.speed === "standard" ? top.speed : null;
    return {
      input: sum(iterations, "input"),
      output: sum(iterations, "output"),
      cacheRead: sum(iterations, "cacheRead"),
      cache5m: sum(iterations, "cache5m"),
      cache1h: sum(iterations, "cache1h"),
      webSearches: count(fieldsOf(top.server_tool_use)?.web_search_requests),
      speed,
      iterations,
      estimated: !this.#final,
    };
  }
}

/** The iterations as the provider lists them (the top level leaves compaction and advisors out), else the top level as the only one. */
function iterationsOf(top: Fields): Iteration[] {
  const listed = Array.isArray(top.iterations) ? top.iterations.map(fieldsOf).filter((one) => one !== null) : [];
  const source = listed.length > 0 ? listed : [{ ...top, type: "message", model: null }];
  return source.map((one) => ({
    type: typeof one.type === "string" ? one.type : "message",
    model: typeof one.model === "string" ? one.model : null,
    ...tokens(one),
  }));
}

/** Writes that the split does not explain were for five minutes, the default lifetime. */
function tokens(fields: Fields): Tokens {
  const split = fieldsOf(fields.cache_creation);
  const written = count(fields.cache_creation_input_tokens);
  const cache1h = count(split?.ephemeral_1h_input_tokens);
  return {
    input: count(fields.input_tokens),
    output: count(fields.output_tokens),
    cacheRead: count(fields.cache_read_input_tokens),
    cache5m: Math.max(written - cache1h, count(split?.ephemeral_5m_input_tokens)),
    cache1h,
  };
}

function sum(iterations: Iteration[], key: keyof Tokens): number {
  return iterations.reduce((total, one) => total + one[key], 0);
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function fieldsOf(value: unknown): Fields | null {
  return isFields(value) ? value : null;
}
