import { z } from "zod";
import type { OfferedTool } from "../../hands/registry.ts";
import type { ThreadBatch } from "../../log/batch.ts";
import { sha256 } from "../../log/blob.ts";
import type { CallNote } from "../../log/notes.ts";
import { StopDetails } from "../../protocol/session-events.ts";
import { modelUsage, usageNote } from "../end-turn.ts";
import { continuesWithInbox } from "../inbox.ts";
import { idleGroup, runningPair } from "../rows.ts";
import type { ThreadContext } from "../thread.ts";
import type { Finished } from "./fold.ts";

/** Ids that previews have already announced, by the fold's keys. */
export type Announced = ReadonlyMap<string, string>;

type ToolUse = Extract<Finished["parts"][number], { kind: "tool_use" }>;

/**
 * W3: a complete response becomes rows, in block order, then the end of its span. What follows is for `decide` to say: calls or rest, since
 * max_tokens and stop_sequence end a turn like end_turn does (spec/core.md §4.6, the second @inferred). A tool use is an intent: nothing runs before
 * this commit.
 */
export function respond(
  t: ThreadBatch,
  { price, toolChange }: Pick<ThreadContext, "price" | "toolChange">,
  finished: Finished,
  tools: ReadonlyMap<string, OfferedTool>,
  announced: Announced,
): void {
  const request = t.state.request;
  if (!request) return;
  const refused = finished.stopReason === "refusal";
  const cut: string[] = [];
  // The partial output of a refusal is not kept: the model must not be shown it again (spec/messages.md §12).
  for (const part of refused ? [] : finished.parts) {
    if (part.kind === "thinking") t.add("agent.thinking", id(announced, part.key));
    else if (part.kind === "message")
      t.add("agent.message", { ...id(announced, part.key), content: textBlocks(part.texts) });
    else if (part.kind === "tool_use") toolUse(t, part, tools.get(part.name), cut);
  }
  const usage = usageNote(finished.usage, price);
  t.add("span.model_request_end", {
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
  idleGroup(t, { type: "refusal" }, stopDetails(finished.stopDetails));
  // What came meanwhile starts the next turn, as after an interrupt: nothing else would ever read it.
  if (continuesWithInbox(t)) runningPair(t, toolChange);
}

function toolUse(t: ThreadBatch, part: ToolUse, tool: OfferedTool | undefined, cut: string[]): void {
  // Clients run a custom call on sight, so one whose input was cut is never shown to them (shared design §4).
  if (part.cut && tool?.family === "custom") {
    cut.push(part.id);
    return;
  }
  const digest = sha256(`${part.name}\n${JSON.stringify(part.input)}`);
  // What every call of its kind does need not be said of each.
  const order = tool?.order === "parallel" ? { order: tool.order } : {};
  const note: CallNote = { toolUseId: part.id, digest, ...order };
  if (tool?.family === "custom") {
    t.batch.copyToPrimary(t.add("agent.custom_tool_use", { body: { input: part.input, name: part.name }, note }));
    return;
  }
  if (!tool || part.cut) {
    // No policy applied: refused before that, and settled in its turn.
    const body = { evaluated_permission: "deny", input: part.input, name: part.name } as const;
    t.add("agent.tool_use", { body, note: { ...note, refused: tool ? "cut" : "unknown" } });
    return;
  }
  const asks = tool.permission === "ask";
  const evaluation = { type: asks ? "always_ask" : "always_allow" } as const;
  const body = { evaluated_permission: tool.permission, evaluation, input: part.input, name: part.name };
  const row = t.add("agent.tool_use", { body, note });
  // What a person is asked of a child thread stands in the session's list too (spec/core.md §11).
  if (asks) t.batch.copyToPrimary(row);
}

function id(announced: Announced, key: string): { id?: string } {
  const known = announced.get(key);
  return known ? { id: known } : {};
}

function textBlocks(texts: string[]): string {
  return JSON.stringify(texts.map((text) => ({ type: "text", text })));
}

/** What the provider says of a refusal; a category that the wire does not have is none. */
function stopDetails(details: unknown): StopDetails {
  const { category, explanation } = StopDetails.shape;
  const given = z
    .object({ category: category.catch(null), explanation: explanation.catch(null) })
    .safeParse(details ?? {});
  return { ...(given.success ? given.data : { category: null, explanation: null }), type: "refusal" };
}
