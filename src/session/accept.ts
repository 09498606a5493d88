import { abandonTurn } from "../brain/end-turn.ts";
import { consumeInbox, continuesWithInbox } from "../brain/inbox.ts";
import { halted } from "../brain/money/budget.ts";
import { idleGroup, requiresAction, runningPair } from "../brain/rows.ts";
import type { Batch, ThreadBatch } from "../log/batch.ts";
import { PRIMARY } from "../log/rows.ts";
import { blockingCalls, type SessionState, sessionStatus, threadNumber } from "../log/state.ts";
import { ApiError, notFound } from "../protocol/errors.ts";
import { answer } from "./accept/answer.ts";
import { type Accepted, addDraft, type Intake, isWaiting, QUOTED_CHARS, queueDraft, refuse } from "./accept/draft.ts";
import type { Draft } from "./rpc.ts";

/**
 * May these events be taken in this state, and as which rows? Appends them to the batch in posted order, each decided in the state that the ones
 * before it leave (spec/core.md §4.3–§4.5). Throws `ApiError` for a refusal: the batch must then be dropped, and nothing of it is stored.
 */
export function accept(b: Batch, drafts: readonly Draft[], intake: Intake): Accepted[] {
  checkSystemPlace(b, drafts, intake);
  const before = new Map(b.state.threads.filter(isWaiting).map((one) => [one.thread, blockingCalls(one).length]));
  const accepted = drafts.map((draft, i) => acceptOne(b, draft, i, intake));
  for (const [thread, asked] of before) settleWait(b.on(thread), intake, asked);
  return accepted;
}

function acceptOne(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  switch (draft.type) {
    case "user.message":
      return message(b.on(PRIMARY), draft, i, intake);
    case "system.message":
      return systemMessage(b.on(PRIMARY), draft, intake);
    case "user.interrupt":
      return interrupt(b, draft, i, intake);
    case "user.tool_confirmation":
    case "user.custom_tool_result":
      return answer(b, draft, i, intake);
    default:
      return refuse(`events[${i}].type: ${draft.type} cannot be sent to this session`);
  }
}

/** Whether the session waits for its client: a confirmation, or a result. */
function sessionWaits(state: SessionState): boolean {
  return sessionStatus(state) === "idle" && state.stop?.type === "requires_action";
}

/** What a session may be sent that has reached its budget (spec/core.md §4.3). */
const HALTED =
  "the session has reached its budget and takes only user.tool_confirmation, user.custom_tool_result, user.tool_result and user.interrupt; " +
  "raise or remove the budget by updating the session, then send this again";

/** A message wakes an idle thread, after the running pair it causes; otherwise it waits for the next model request. */
function message(t: ThreadBatch, draft: Draft, i: number, intake: Intake): Accepted {
  const ids = t.session.threads.flatMap(blockingCalls).map((call) => call.copyId ?? call.id);
  if (sessionWaits(t.session) && ids.length > 0) {
    refuse(
      `events[${i}]: the session waits for an answer to ${ids.join(", ")}; send user.tool_confirmation, user.custom_tool_result or ` +
        "user.tool_result for each of them, or user.interrupt, before a new message",
    );
  }
  if (halted(t.session)) refuse(`events[${i}]: ${HALTED}`);
  if (t.state.status !== "idle" || isWaiting(t.state)) return queueDraft(t.batch, draft, intake);
  runningPair(t, intake.context(t.thread).toolChange);
  // What was sent before, alone, keeps its place before this message.
  consumeInbox(t);
  return addDraft(t, draft, intake);
}

/** Rides along with what woke the session; alone on an idle session it waits for the next message. */
function systemMessage(t: ThreadBatch, draft: Draft, intake: Intake): Accepted {
  const rides = t.state.status === "running" && t.batch.rows.at(-1)?.type === "user.message";
  return rides ? addDraft(t, draft, intake) : queueDraft(t.batch, draft, intake);
}

/**
 * One commit: the end of each request, a result per open call, the interrupt, the idle groups (spec/core.md §4.5). It stops the thread that it names,
 * else all. Input that was queued before or comes with it starts the next turn (its order @inferred); where nothing runs it is only recorded.
 */
function interrupt(b: Batch, draft: Draft, i: number, intake: Intake): Accepted {
  const named = namedThread(b, draft, i);
  // Taken, answered as processed (@inferred) and without any trace: nothing runs that it could stop (spec/core.md §4.3).
  if (halted(b.state)) return { id: b.newEventId(), ts: b.state.ts };
  const stopped = b.state.threads
    .filter((one) => (named === null || one.thread === named) && (isAtWork(one.status) || isWaiting(one)))
    .map((one) => b.on(one.thread));
  for (const t of stopped) {
    const { price, doing } = intake.context(t.thread);
    abandonTurn(t, price, doing.request?.estimate() ?? null);
  }
  const row = addDraft(b.on(named ?? PRIMARY), draft, intake);
  b.copyToPrimary(row);
  for (const t of stopped) {
    idleGroup(t, { type: "end_turn" });
    if (continuesWithInbox(t) && !intake.held) runningPair(t, intake.context(t.thread).toolChange);
  }
  return row;
}

/** The number of the thread that an interrupt is for; null: for all of them. */
function namedThread(b: Batch, draft: Draft, i: number): number | null {
  const { session_thread_id: id }: { session_thread_id?: string | null } = JSON.parse(draft.body);
  if (!id) return null;
  const thread = threadNumber(b.state, id);
  if (thread !== null) return thread;
  const path = `events[${i}].session_thread_id`;
  throw new ApiError(notFound(`${path}: this session has no thread ${id.slice(0, QUOTED_CHARS)}`));
}

function isAtWork(status: SessionState["threads"][number]["status"]): boolean {
  return status === "running" || status === "rescheduling";
}

/** All answered: running again. Some answered: the idle group says what is left. None: nothing has changed. */
function settleWait(t: ThreadBatch, intake: Intake, before: number): void {
  if (!isWaiting(t.state)) return;
  const left = blockingCalls(t.state).length;
  if (left === 0) runningPair(t, intake.context(t.thread).toolChange);
  else if (left < before) idleGroup(t, requiresAction(t));
}

/** At most one, last, and after what it accompanies; alone only on an idle session that waits for nothing (spec/core.md §4.3; alone @inferred). */
function checkSystemPlace({ state }: Batch, drafts: readonly Draft[], intake: Intake): void {
  const at = drafts.findIndex((draft) => draft.type === "system.message");
  if (at === -1) return;
  const path = `events[${at}]`;
  if (!intake.context(PRIMARY).takesSystemTurns)
    refuse(
      `${path}: the session's model does not take system messages in a conversation; choose one that does`,
      "model_does_not_support_mid_conversation_system",
    );
  if (at !== drafts.length - 1) refuse(`${path}: system.message must be the last event of a request, and only one`);
  if (halted(state)) refuse(`${path}: ${HALTED}`);
  const before = drafts[at - 1]?.type;
  const accompanies =
    before === "user.message" || before === "user.custom_tool_result" || before === "user.tool_result";
  if (sessionWaits(state) && (before === undefined || before === "user.message" || !accompanies)) {
    refuse(
      `${path}: while the session waits for an answer, system.message must follow a tool result in the same request`,
    );
  }
  if (before === undefined && sessionStatus(state) !== "idle") {
    refuse(
      `${path}: while the session runs, system.message must follow a user.message or tool result in the same request`,
    );
  }
  if (before !== undefined && !accompanies) {
    refuse(`${path}: system.message must follow the user.message or tool result that it accompanies`);
  }
}
