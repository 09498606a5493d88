import type { OfferedTool } from "../hands/registry.ts";
import type { Batch } from "../log/batch.ts";
import { sha256 } from "../log/blob.ts";
import type { CallNote } from "../log/notes.ts";
import { goesOn, modelUsage, type Setting, usageOf } from "./advance.ts";
import { idleGroup, runningPair } from "./groups.ts";
import type { Finished } from "./response.ts";

/** Ids that previews have already announced, by the fold's keys. */
export type Announced = ReadonlyMap<string, string>;

type ToolUse = Extract<Finished["parts"][number], { kind: "tool_use" }>;

/**
 * W3: a complete response becomes rows, in block order, then the end of its span. What follows is for `decide` to say: calls or rest, since
 * max_tokens and stop_sequence end a turn like end_turn does (spec/core.md §4.6, the second @inferred). A tool use is an intent: nothing runs before
 * this commit.
 */
export function respond(
  b: Batch,
  setting: Setting,
  finished: Finished,
  tools: ReadonlyMap<string, OfferedTool>,
  announced: Announced,
): void {
  const request = b.state.request;
  if (!request) return;
  const refused = finished.stopReason === "refusal";
  const cut: string[] = [];
  // The partial output of a refusal is not kept: the model must not be shown it again (spec/messages.md §12).
  for (const part of refused ? [] : finished.parts) {
    if (part.kind === "thinking") b.add("agent.thinking", id(announced, part.key));
    else if (part.kind === "message")
      b.add("agent.message", { ...id(announced, part.key), content: textBlocks(part.texts) });
    else if (part.kind === "tool_use") toolUse(b, part, tools.get(part.name), cut);
  }
  const usage = usageOf(finished.usage, setting);
  b.add("span.model_request_end", {
    body: { is_error: false, model_request_start_id: request.id, model_usage: modelUsage(usage) },
    note: {
      usage,
      ...(finished.messageId ? { messageId: finished.messageId } : {}),
      promptTokens: usage.input + usage.cacheRead + usage.cache5m + usage.cache1h,
      stopReason: finished.stopReason,
      ...(cut.length > 0 ? { cut } : {}),
    },
    wire: refused || finished.wire === "[]" ? null : finished.wire,
  });
  if (!refused) return;
  idleGroup(b, setting.who, { type: "refusal" }, stopDetails(finished.stopDetails));
  // What came meanwhile starts the next turn, as after an interrupt: nothing else would ever read it.
  if (goesOn(b)) runningPair(b, setting);
}

function toolUse(b: Batch, part: ToolUse, tool: OfferedTool | undefined, cut: string[]): void {
  // Clients run a custom call on sight, so one whose input was cut is never shown to them (shared design §4).
  if (part.cut && tool?.family === "custom") {
    cut.push(part.id);
    return;
  }
  const note: CallNote = { toolUseId: part.id, digest: sha256(`${part.name}\n${JSON.stringify(part.input)}`) };
  if (tool?.family === "custom") {
    b.add("agent.custom_tool_use", { body: { input: part.input, name: part.name }, note });
    return;
  }
  if (!tool || part.cut) {
    // No policy applied: refused before that, and settled in its turn.
    const body = { evaluated_permission: "deny", input: part.input, name: part.name };
    b.add("agent.tool_use", { body, note: { ...note, refused: tool ? "cut" : "unknown" } });
    return;
  }
  const evaluation = { type: tool.permission === "ask" ? "always_ask" : "always_allow" };
  b.add("agent.tool_use", {
    body: { evaluated_permission: tool.permission, evaluation, input: part.input, name: part.name },
    note,
  });
}

function id(announced: Announced, key: string): { id?: string } {
  const known = announced.get(key);
  return known ? { id: known } : {};
}

function textBlocks(texts: string[]): string {
  return JSON.stringify(texts.map((text) => ({ type: "text", text })));
}

const CATEGORIES = new Set(["cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"]);

function stopDetails(details: unknown): object {
  const given = (details ?? {}) as { category?: unknown; explanation?: unknown };
  return {
    category: typeof given.category === "string" && CATEGORIES.has(given.category) ? given.category : null,
    explanation: typeof given.explanation === "string" ? given.explanation : null,
    type: "refusal",
  };
}
