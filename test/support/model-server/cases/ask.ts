/** How the rule cases write their requests. */

import type { AnswerBlock } from "../answer.ts";
import { PromptCache } from "../cache.ts";
import { compose } from "../compose.ts";
import type { Fields } from "../json.ts";
import { AnswerMemory } from "../memory.ts";
import { type Context, type Received, readRequest } from "../request.ts";

export interface Ask {
  endpoint?: Received["endpoint"];
  /** undefined takes a header away. */
  headers?: Record<string, string | undefined>;
  betas?: string[];
  body?: Fields;
  /** Sent instead of a JSON body. */
  raw?: Uint8Array;
}

/** For one rule: a request it lets through and one that is refused under its id. */
export interface RuleCase {
  passes: Ask;
  refused: Ask;
  status?: number;
  code?: string;
}

export const MEMORY = new AnswerMemory();
export const CONTEXT: Context = { secret: "cases", memory: MEMORY, windows: true };

/** A small model without thinking bound to the conversation, unless a case names another. */
export const PLAIN = "claude-opus-4-8";
export const BOUND = "claude-opus-5-5";
/** Still takes prefill and forced tools. */
export const OLD = "claude-haiku-4-5";

export function user(...content: unknown[]): Fields {
  return { role: "user", content };
}

export function assistant(...content: unknown[]): Fields {
  return { role: "assistant", content };
}

export function system(...content: unknown[]): Fields {
  return { role: "system", content };
}

export function words(text: string, more: Fields = {}): Fields {
  return { type: "text", text, ...more };
}

export function use(id: string, more: Fields = {}): Fields {
  return { type: "tool_use", id, name: "bash", input: {}, ...more };
}

export function result(id: string, more: Fields = {}): Fields {
  return { type: "tool_result", tool_use_id: id, content: "ok", ...more };
}

export function tool(more: Fields = {}): Fields {
  return { name: "bash", description: "Runs a command", input_schema: { type: "object" }, ...more };
}

export const MARK = { cache_control: { type: "ephemeral" } };

/** A request with one user message, with parameters of its own. */
export function body(more: Fields, betas: string[] = []): Ask {
  return { body: more, betas };
}

/** A request with these messages. */
export function talk(...messages: Fields[]): Ask {
  return { body: { messages } };
}

export function received({ endpoint = "messages", headers = {}, betas = [], body: more = {}, raw }: Ask): Received {
  const base = { model: PLAIN, max_tokens: 1000, messages: [user(words("hello"))] };
  const own = { "x-api-key": "sk-test", "anthropic-version": "2026-10-21", "anthropic-beta": betas.join() };
  const bytes = raw ?? new TextEncoder().encode(JSON.stringify({ ...base, ...more }));
  return { endpoint, headers: { ...own, ...headers }, raw: bytes };
}

/** The content that the server would answer with: signed, and remembered as given out. */
export function answered(ask: Ask, blocks: AnswerBlock[], memory: AnswerMemory = MEMORY): Fields[] {
  const request = readRequest(received(ask), { ...CONTEXT, memory });
  return compose(request, { blocks }, { memory, cache: new PromptCache() }, 0).parts.map(({ block }) => block);
}
