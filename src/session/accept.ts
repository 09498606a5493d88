import { closeRequest, consumeInbox, estimateUnseen, goesOn } from "../brain/advance.ts";
import { flushAnswers, idleGroup, runningPair, settleOpenCalls } from "../brain/groups.ts";
import { halted } from "../brain/spent.ts";
import type { Batch } from "../log/batch.ts";
import { blockingCalls } from "../log/state.ts";
import { notFound, type WireError } from "../protocol/errors.ts";
import { answer, settleWait } from "./answers.ts";
import { type Accepted, add, type Intake, QUOTED_CHARS, queue, Refusal, refuse, waiting } from "./intake.ts";
import type { Draft } from "./rpc.ts";

/**
 * May these events be taken in this state, and as which rows? Appends them to the batch in posted order, each decided in the state that the ones
 * before it leave (spec/core.md §4.3–§4.5). On a refusal the batch must be dropped: nothing of it is stored.
 */
export function accept(b: Batch, drafts: Draft[], intake: Intake): Accepted[] | WireError {
  try {
    checkSystemPlace(b, drafts, intake);
    const wasWaiting = waiting(b);
    const before = blockingCalls(b.state).length;
    const accepted = drafts.map((draft, i) => one(b, draft, i, intake));
    if (wasWaiting && waiting(b)) settleWait(b, intake, before);
    return accepted;
  } catch (error) {
    if (error instanceof Refusal) return error.wire;
    throw error;
  }
}

function one(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  switch (draft.type) {
    case "user.message":
      return message(b, draft, i, intake);
    case "system.message":
      return systemMessage(b, draft, intake);
    case "user.interrupt":
      return interrupt(b, draft, i, intake);
    case "user.tool_confirmation":
    case "user.custom_tool_result":
      return answer(b, draft, i, intake);
    default:
      return refuse(`events[${i}].type: ${draft.type} cannot be sent to this session`);
  }
}

/** What a session may be sent that has reached its budget (spec/core.md §4.3). */
const HALTED =
  "the session has reached its budget and takes only user.tool_confirmation, user.custom_tool_result, user.tool_result and user.interrupt; " +
  "raise or remove the budget by updating the session, then send this again";

/** A message wakes an idle session, after the running pair it causes; otherwise it waits for the next model request. */
function message(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  const ids = blockingCalls(b.state).map((call) => call.id);
  if (waiting(b) && ids.length > 0) {
    refuse(
      `events[${i}]: the session waits for an answer to ${ids.join(", ")}; send user.tool_confirmation, user.custom_tool_result or ` +
        "user.tool_result for each of them, or user.interrupt, before a new message",
    );
  }
  if (halted(b.state)) refuse(`events[${i}]: ${HALTED}`);
  if (b.state.status !== "idle") return queue(b, draft, intake);
  runningPair(b, intake.setting);
  // What was sent before, alone, keeps its place before this message.
  consumeInbox(b);
  return add(b, draft, intake);
}

/** Rides along with what woke the session; alone on an idle session it waits for the next message. */
function systemMessage(b: Batch, draft: Draft, intake: Intake): Accepted {
  const rides = b.state.status === "running" && b.rows.at(-1)?.type === "user.message";
  return rides ? add(b, draft, intake) : queue(b, draft, intake);
}

/**
 * One commit: the request's end, a result per open call, the interrupt, the idle group (spec/core.md §4.5). Input that was queued before or comes
 * with it starts the next turn (its order @inferred); on an idle session the interrupt is only recorded.
 */
function interrupt(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  const { session_thread_id: thread } = JSON.parse(draft.body) as { session_thread_id?: string | null };
  const { who } = intake.setting;
  if (thread && thread !== who.threadId)
    throw new Refusal(
      notFound(`events[${i}].session_thread_id: this session has no thread ${thread.slice(0, QUOTED_CHARS)}`),
    );
  // Taken, answered as processed (@inferred) and without any trace: nothing runs that it could stop (spec/core.md §4.3).
  if (halted(b.state)) return { id: b.newEventId(), ts: b.state.ts };
  if (b.state.status === "idle" && !waiting(b)) return add(b, draft, intake);
  closeRequest(b, intake.setting, b.state.request ? (intake.used() ?? estimateUnseen(b)) : null);
  flushAnswers(b);
  settleOpenCalls(b, intake.setting.interrupted);
  const accepted = add(b, draft, intake);
  idleGroup(b, who, { type: "end_turn" });
  if (goesOn(b) && !intake.held) runningPair(b, intake.setting);
  return accepted;
}

/** At most one, last, and after what it accompanies; alone only on an idle session that waits for nothing (spec/core.md §4.3; alone @inferred). */
function checkSystemPlace(b: Batch, drafts: Draft[], intake: Intake): void {
  const at = drafts.findIndex((draft) => draft.type === "system.message");
  if (at === -1) return;
  const path = `events[${at}]`;
  if (!intake.systemTurns)
    refuse(
      `${path}: the session's model does not take system messages in a conversation; choose one that does`,
      "model_does_not_support_mid_conversation_system",
    );
  if (at !== drafts.length - 1) refuse(`${path}: system.message must be the last event of a request, and only one`);
  if (halted(b.state)) refuse(`${path}: ${HALTED}`);
  const before = drafts[at - 1]?.type;
  const accompanies =
    before === "user.message" || before === "user.custom_tool_result" || before === "user.tool_result";
  if (waiting(b) && (before === undefined || before === "user.message" || !accompanies)) {
    refuse(
      `${path}: while the session waits for an answer, system.message must follow a tool result in the same request`,
    );
  }
  if (before === undefined && b.state.status !== "idle") {
    refuse(
      `${path}: while the session runs, system.message must follow a user.message or tool result in the same request`,
    );
  }
  if (before !== undefined && !accompanies) {
    refuse(`${path}: system.message must follow the user.message or tool result that it accompanies`);
  }
}
