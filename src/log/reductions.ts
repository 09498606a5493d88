/** What single events do to the state. Pure; `events.ts` says which belongs to which type. */
import type { StopReason } from "../protocol/session-events.ts";
import { charged, ran } from "./days.ts";
import type { CallNote, ResponseNote, ToolsNote, UpdateNote } from "./notes.ts";
import { PRIMARY } from "./rows.ts";
import {
  type Agents,
  addUsage,
  type CallState,
  CUT_CALL,
  newThread,
  newTurn,
  type RequestKind,
  type SessionState,
  type ThreadState,
  type Turn,
} from "./state.ts";

/** Where and when an event is. */
export interface EventPlace {
  thread: number;
  seq: number;
  id: string;
  epoch: number;
  ts: number;
}

/** The state with one thread changed; a thread that the log does not know changes nothing. */
function inThread(
  state: SessionState,
  thread: number,
  change: (one: ThreadState) => Partial<ThreadState>,
): SessionState {
  const old = state.threads[thread];
  if (!old) return state;
  return { ...state, threads: state.threads.with(thread, { ...old, ...change(old) }) };
}

export function threadCreated(
  state: SessionState,
  thread: number,
  id: string,
  name: string,
  seq: number,
): SessionState {
  if (thread !== state.threads.length) return state;
  return { ...state, threads: [...state.threads, newThread(thread, id, name, seq)] };
}

/** The session's own clock starts with its first running thread. */
export function sessionRuns(state: SessionState, { ts }: EventPlace, tools: ToolsNote | undefined): SessionState {
  const running = { ...state, stop: null, runningSince: state.runningSince ?? ts };
  return tools ? inThread(running, PRIMARY, (one) => retooled(one, tools)) : running;
}

/** Its clock stops: idle, rescheduling and terminated time is free (spec/core.md §10). */
export function sessionRests(state: SessionState): SessionState {
  const since = state.runningSince;
  if (since === null) return state;
  const days = ran(state.days, since, state.ts);
  return { ...state, runningSince: null, activeMicros: state.activeMicros + (state.ts - since), days };
}

export function sessionTerminated(state: SessionState): SessionState {
  const threads = state.threads.map((one) => ({ ...one, ...terminated(one, state.ts) }));
  return { ...sessionRests(state), threads };
}

export function threadRuns(
  state: SessionState,
  { thread, ts }: EventPlace,
  tools: ToolsNote | undefined,
): SessionState {
  return inThread(state, thread, (one) => ({
    ...(tools ? retooled(one, tools) : {}),
    status: "running",
    stop: null,
    started: true,
    paused: false,
    retryAt: null,
    runningSince: ts,
    turn: one.turn ?? newTurn(),
  }));
}

/** What a person or a higher ceiling lets go on is the same turn. */
export function threadIdles(state: SessionState, { thread, ts }: EventPlace, stop: StopReason): SessionState {
  return inThread(state, thread, (one) => {
    const paused = stop.type === "budget_reached";
    const over = paused || stop.type === "requires_action" ? {} : { calls: [], turn: null };
    return { ...clockStopped(one, ts), ...over, status: "idle", stop, paused, retryAt: null };
  });
}

/** Of the two rows of one pause the session's comes first; older logs have the time on that one alone. */
export function retryDue(state: SessionState, thread: number, due: number | undefined): SessionState {
  return due === undefined ? state : inThread(state, thread, () => ({ retryAt: due }));
}

export function threadRescheduled(
  state: SessionState,
  { thread, ts }: EventPlace,
  due: number | undefined,
): SessionState {
  return inThread(state, thread, (one) => ({
    ...clockStopped(one, ts),
    status: "rescheduling",
    retryAt: due ?? one.retryAt,
  }));
}

export function threadTerminated(state: SessionState, { thread, ts }: EventPlace): SessionState {
  return inThread(state, thread, (one) => terminated(one, ts));
}

function terminated(one: ThreadState, ts: number): Partial<ThreadState> {
  return { ...clockStopped(one, ts), status: "terminated", calls: [], turn: null, request: null, retryAt: null };
}

function clockStopped(one: ThreadState, ts: number): Partial<ThreadState> {
  const since = one.runningSince;
  return since === null ? {} : { runningSince: null, activeMicros: one.activeMicros + (ts - since) };
}

/** A turn that begins with other tools. Once a request has been made, a new head changes what its thinking was bound to. */
function retooled(one: ThreadState, { agent, opens, told, added, bytes }: ToolsNote): Partial<ThreadState> {
  const { agents } = one;
  const now: Agents = opens
    ? { newest: agents.newest, inForce: agent, opening: agent, told: false, added: [], bytes: 0 }
    : {
        ...agents,
        inForce: agent,
        told: agents.told || told,
        added: [...agents.added, ...added],
        bytes: agents.bytes + bytes,
      };
  return { agents: now, dropBlock: one.dropBlock || (opens && one.requested) };
}

export function requestOpened(
  state: SessionState,
  { thread, id, seq, epoch }: EventPlace,
  note: { attempt: number; sha: string; length: number; kind?: RequestKind | undefined },
): SessionState {
  const { attempt, sha, length, kind = "turn" } = note;
  const request = { id, seq, epoch, attempt, sha, length, kind };
  return inThread(state, thread, () => ({ request, requested: true, calls: [] }));
}

export function requestClosed(
  state: SessionState,
  { thread }: EventPlace,
  note: ResponseNote,
  failed: boolean,
): SessionState {
  const charge = { ...state, days: charged(state.days, state.ts, note.usage.cost ?? 0) };
  return inThread(charge, thread, (one) => {
    const turn = note.cut ? failedAgain(one.turn ?? newTurn(), CUT_CALL) : (one.turn ?? newTurn());
    // A paused response asks for another request just like one with calls, so it counts towards the same limit.
    const again = one.calls.length > 0 || note.cut !== undefined || note.stopReason === "pause_turn";
    return {
      request: null,
      asked: failed ? one.asked : again,
      usage: addUsage(one.usage, note.usage),
      lastMessageId: note.messageId ?? one.lastMessageId,
      lastPromptTokens: note.promptTokens ?? one.lastPromptTokens,
      dropBlock: one.dropBlock || (note.dropBlock ?? false),
      turn: failed
        ? { ...turn, failures: turn.failures + 1, failedSha: note.dropBlock ? null : (one.request?.sha ?? null) }
        : { ...turn, failures: 0, failedSha: null, rounds: turn.rounds + (again ? 1 : 0) },
    };
  });
}

export function inputArrived(state: SessionState, { thread }: EventPlace): SessionState {
  return inThread(state, thread, () => ({ asked: true }));
}

export function callMade(
  state: SessionState,
  { thread, id, seq }: EventPlace,
  made: { family: CallState["family"]; name: string; permission: CallState["permission"] },
  { toolUseId, digest, refused, order }: CallNote,
): SessionState {
  const call: CallState = {
    id,
    copyId: null,
    seq,
    ...made,
    order: order ?? (made.family === "custom" ? "parked" : "serial"),
    toolUseId,
    digest,
    ...(refused ? { refused } : {}),
    answer: null,
    denyMessage: null,
    dispatched: false,
    settled: false,
  };
  return inThread(state, thread, (one) => ({ calls: [...one.calls, call] }));
}

export function callConfirmed(
  state: SessionState,
  {
    tool_use_id,
    result,
    deny_message,
  }: { tool_use_id: string; result: "allow" | "deny"; deny_message?: string | null | undefined },
): SessionState {
  return withCall(state, tool_use_id, { answer: result, denyMessage: deny_message ?? null });
}

/** Whether this instance's call leaves for its hand is known before it does (reliability.md W4). */
export function callDispatched(state: SessionState, callId: string): SessionState {
  return withCall(state, callId, { dispatched: true });
}

export function callCopied(state: SessionState, callId: string, copyId: string): SessionState {
  return withCall(state, callId, { copyId });
}

export function callSettled(
  state: SessionState,
  { thread }: EventPlace,
  callId: string,
  isError: boolean,
): SessionState {
  const call = state.threads[thread]?.calls.find((one) => names(one, callId));
  const digest = call?.refused === "cut" ? CUT_CALL : (call?.digest ?? "");
  return inThread(withCall(state, callId, { settled: true }), thread, (one) => {
    const turn = one.turn ?? newTurn();
    const counted = isError ? failedAgain(turn, digest) : { ...turn, sameDigest: null, sameFailures: 0 };
    return { asked: true, turn: counted };
  });
}

export function machineProvisioned(state: SessionState, thread: number): SessionState {
  return inThread(state, thread, (one) => ({ turn: { ...(one.turn ?? newTurn()), provisioned: true } }));
}

export function sessionUpdated(state: SessionState, { thread, seq }: EventPlace, note: UpdateNote): SessionState {
  const { title, metadata, budget, agent } = note;
  const updated = {
    ...state,
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata }),
    budget: budget === undefined ? state.budget : budget,
  };
  return agent ? inThread(updated, thread, (one) => ({ agents: { ...one.agents, newest: seq } })) : updated;
}

/** Counts identical failures in a row. */
function failedAgain(turn: Turn, digest: string): Turn {
  return { ...turn, sameDigest: digest, sameFailures: turn.sameDigest === digest ? turn.sameFailures + 1 : 1 };
}

/** Calls are found by id alone: an answer names no thread that could be trusted (spec/core.md §4.4). */
function withCall(state: SessionState, callId: string, change: Partial<CallState>): SessionState {
  const thread = state.threads.findIndex((one) => one.calls.some((call) => names(call, callId)));
  return inThread(state, thread, (one) => ({
    calls: one.calls.map((call) => (names(call, callId) ? { ...call, ...change } : call)),
  }));
}

function names(call: CallState, eventId: string): boolean {
  return call.id === eventId || call.copyId === eventId;
}
