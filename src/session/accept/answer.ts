import { answeredCall, type Batch, type InboxEntry, type ThreadBatch } from "../../log/batch.ts";
import { eventKind } from "../../log/events.ts";
import { blockingCalls, type CallState, findOpenCall, isUnanswered } from "../../log/state.ts";
import type { Draft } from "../rpc.ts";
import { type Accepted, addDraft, type Intake, QUOTED_CHARS, queueDraft, refuse } from "./draft.ts";

/**
 * Takes what a client answers to a call: a confirmation, or the result of its own tool. Answers are taken in the call order of their thread: one that
 * comes early waits in the inbox until the calls before it are answered (spec/core.md §4.4).
 */
export function answer(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  const { thread, call } = answered(b, draft, i);
  const t = b.on(thread);
  const own = namingCall(draft, call);
  if (blockingCalls(t.state)[0]?.id !== call.id) return queueDraft(b, own, intake);
  const row = addDraft(t, own, intake);
  b.copyToPrimary(row);
  for (let next = early(t); next; next = early(t)) b.consume(next);
  return row;
}

/** The open call that an answer names, or a refusal: unknown, of another kind, or answered before. */
function answered(b: Batch, draft: Draft, i: number): { thread: number; call: CallState } {
  const custom = draft.type === "user.custom_tool_result";
  const field = eventKind(draft.type)?.answers;
  const id = answeredCall(draft) ?? "";
  const found = findOpenCall(b.state, id);
  const fits = found && (custom ? found.call.family === "custom" : isUnanswered(found.call));
  if (!fits)
    return refuse(`events[${i}].${field}: no call with the id ${id.slice(0, QUOTED_CHARS)} waits for a ${draft.type}`);
  if (b.inbox.some((entry) => names(found.call, answeredCall(entry))))
    return refuse(`events[${i}].${field}: ${id} has been answered before`);
  return found;
}

/** An answer to the copy of a child thread's call, as one to the call itself: in that thread's list the copy does not exist. */
function namingCall(draft: Draft, { id, copyId }: CallState): Draft {
  const field = eventKind(draft.type)?.answers;
  if (field === undefined || copyId === null || answeredCall(draft) !== copyId) return draft;
  const body: object = JSON.parse(draft.body);
  return { ...draft, body: JSON.stringify({ ...body, [field]: id }) };
}

/** The queued answer to the call that is now first in line. */
function early(t: ThreadBatch): InboxEntry | undefined {
  const first = blockingCalls(t.state)[0];
  return first && t.inbox.find((entry) => names(first, answeredCall(entry)));
}

function names({ id, copyId }: CallState, target: string | undefined): boolean {
  return target !== undefined && (target === id || target === copyId);
}
