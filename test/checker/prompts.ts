/** The bodies that reached the model server. */
import { createHash } from "node:crypto";
import type { Dump } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";

interface Block {
  type: string;
  id?: string;
  tool_use_id?: string;
  text?: string;
  [key: string]: unknown;
}
interface Message {
  role: string;
  content: Block[];
}

const I9 = invariant("I9", "a prompt begins with the one before it, and is what was intended", (dump, tally) => {
  const changed = dump.inside?.rows.some((row) => row.type === "x.prefix_changed") ?? false;
  const sent = intended(dump, tally).map(marked);
  for (let i = 1; i < sent.length && !changed; i++) {
    const head = settledHead(sent[i - 1] as string);
    tally.expect(
      (sent[i] as string).startsWith(head),
      () => `the request of intent ${i + 1} does not begin with the one before it`,
    );
  }
});

/**
 * The requests in the order of their intents: one that an instance sent which had been replaced meanwhile may arrive after its successor's
 * (reliability.md C25). From outside only the order of arrival is known.
 */
function intended(dump: Dump, tally: Tally): string[] {
  const notes = dump.inside?.rows.flatMap((row) => (row.type === "span.model_request_start" ? [row.note ?? ""] : []));
  const texts = dump.bodies.map((body) => body.text);
  if (!notes) return texts;
  const place = new Map<string, number>();
  for (const [i, text] of texts.entries()) {
    const sha = createHash("sha256").update(text).digest("hex");
    const at = notes.findIndex((note) => note.includes(sha));
    tally.expect(at >= 0, () => `request ${i + 1} left with bytes that no intent names`);
    place.set(text, at < 0 ? i : at);
  }
  return texts.toSorted((a, b) => (place.get(a) as number) - (place.get(b) as number));
}

/**
 * As much of a request as later ones must begin with. A system turn must be last, so one that no response has followed moves behind what is
 * said next (spec/messages.md §6).
 */
function settledHead(text: string): string {
  const system = text.indexOf('{"role":"system"', Math.max(0, text.lastIndexOf('{"role":"assistant"')));
  return text.slice(0, system === -1 ? text.lastIndexOf('],"diagnostics"') : system);
}

/** Breakpoints move from request to request and are no part of the history. */
function marked(text: string): string {
  return text.replaceAll(/,?"cache_control":\{"type":"ephemeral"\}/g, "");
}

const I10 = invariant("I10", "every request is one that the Messages API accepts", (dump, tally) => {
  for (const [i, body] of dump.bodies.entries()) {
    const paused = dump.bodies.slice(0, i).some((one) => one.stop === "pause_turn");
    const wrong = refusal(body.text, paused);
    tally.expect(wrong === null, () => `request ${i + 1}: ${wrong}`);
  }
});

/**
 * The rules on `messages` (spec/messages.md §6–§7, §15), as the provider would put it; null when it is in order. A turn that paused is continued from
 * the response.
 */
export function refusal(text: string, paused = false): string | null {
  let body: { messages?: Message[] };
  try {
    body = JSON.parse(text) as { messages?: Message[] };
  } catch {
    return "the body is not JSON";
  }
  const messages = body.messages ?? [];
  if (messages.length === 0) return "messages: at least one message is required";
  if (messages[0]?.role !== "user") return "messages.0.role: the first message must be from the user";
  for (const [i, message] of messages.entries()) {
    const wrong = wrongMessage(messages, i, message);
    if (wrong) return `messages.${i}: ${wrong}`;
  }
  const last = messages.at(-1)?.role;
  return last === "assistant" && !paused ? "the conversation must end with a user or system message" : null;
}

function wrongMessage(messages: Message[], i: number, message: Message): string | null {
  if (!Array.isArray(message.content) || message.content.length === 0) return "content must not be empty";
  if (message.content.some((block) => block.type === "text" && block.text === ""))
    return "text content blocks must be non-empty";
  const uses = (one: Message | undefined) =>
    one?.role === "assistant" ? one.content.filter((block) => block.type === "tool_use").map((block) => block.id) : [];
  const results = message.content.filter((block) => block.type === "tool_result").map((block) => block.tool_use_id);
  if (results.length > 0 && message.role !== "user") return "tool_result blocks belong to the user";
  const wanted = uses(messages[i - 1]);
  const stray = results.find((id) => !wanted.includes(id));
  if (stray) return `unexpected tool_use_id ${stray} in tool_result: no such tool_use in the message before`;
  if (new Set(results).size < results.length) return "each tool_use must have a single result";
  const missing = wanted.find((id) => !results.includes(id));
  if (missing && message.role !== "assistant") return `tool_use ${missing} has no tool_result in the message after it`;
  if (uses(message).length > 0 && i + 1 < messages.length && messages[i + 1]?.role !== "user")
    return "tool_use ids without tool_result blocks";
  if (message.role === "system") {
    const next = messages[i + 1]?.role;
    if (next !== undefined && next !== "assistant" && next !== "system")
      return "a system message must be last or be followed by a response";
  }
  return null;
}

export const PROMPTS: Invariant[] = [I9, I10];
