import { requiresAction } from "../brain/advance.ts";
import { idleGroup, runningPair } from "../brain/groups.ts";
import type { Batch, InboxEntry } from "../log/batch.ts";
import { blockingCalls, type CallState, openCalls } from "../log/state.ts";
import { type Accepted, add, type Intake, QUOTED_CHARS, queue, refuse } from "./intake.ts";
import type { Draft } from "./rpc.ts";

/** Taking what a client answers to calls: confirmations, and results of its own tools (spec/core.md §4.4). */

/** Answers are taken in call order: one that comes early waits in the inbox until the calls before it are answered (spec/core.md §4.4). */
export function answer(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  const call = answered(b, draft, i);
  if (blockingCalls(b.state)[0]?.id !== call.id) return queue(b, draft, intake);
  const accepted = add(b, draft, intake);
  for (let next = early(b); next; next = early(b)) b.consume(next);
  return accepted;
}

/** The open call that an answer names, or a refusal: unknown, of another kind, or answered before. */
function answered(b: Batch, draft: Draft, i: number): CallState {
  const custom = draft.type === "user.custom_tool_result";
  const field = custom ? "custom_tool_use_id" : "tool_use_id";
  const id = targetOf(draft) ?? "";
  const call = openCalls(b.state).find((one) => one.id === id);
  const fits = call && (custom ? call.family === "custom" : call.permission === "ask" && call.answer === null);
  if (!fits)
    return refuse(`events[${i}].${field}: no call with the id ${id.slice(0, QUOTED_CHARS)} waits for a ${draft.type}`);
  if (b.inbox.some((entry) => targetOf(entry) === id))
    return refuse(`events[${i}].${field}: ${id} has been answered before`);
  return call;
}

/** The queued answer to the call that is now first in line. */
function early(b: Batch): InboxEntry | undefined {
  const first = blockingCalls(b.state)[0]?.id;
  return first === undefined ? undefined : b.inbox.find((entry) => targetOf(entry) === first);
}

/** All answered: running again. Some answered: the idle group says what is left. None: nothing has changed. */
export function settleWait(b: Batch, intake: Intake, before: number): void {
  const left = blockingCalls(b.state).length;
  if (left === 0) runningPair(b, intake.setting);
  else if (left < before) idleGroup(b, intake.setting.who, requiresAction(b));
}

/** The call that an event answers; undefined for an event that is no answer. */
function targetOf({ type, body }: { type: string; body: string }): string | undefined {
  if (type !== "user.tool_confirmation" && type !== "user.custom_tool_result") return undefined;
  const target = JSON.parse(body) as { tool_use_id?: string; custom_tool_use_id?: string };
  return target.tool_use_id ?? target.custom_tool_use_id;
}
