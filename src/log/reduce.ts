import { charged, ran } from "./days.ts";
import type { CallNote, RequestNote, ResponseNote, ToolsNote, UpdateNote } from "./notes.ts";
import { parsed, type Row } from "./rows.ts";
import {
  type Agents,
  type CallState,
  CUT_CALL,
  newTurn,
  type State,
  type StopReason,
  type Turn,
  type Usage,
} from "./state.ts";

/**
 * The state after one more row. Pure and total: a type that this build does not know changes nothing but seq and stamp, so that rows of a
 * newer build never make it throw (reliability.md C23).
 */
export function reduce(before: State, row: Row): State {
  const state = { ...before, seq: row.seq, ts: row.ts };
  switch (row.type) {
    case "session.status_running":
      return {
        ...retooled(state, note<{ tools?: ToolsNote }>(row).tools),
        status: "running",
        stop: null,
        started: true,
        paused: false,
        retryAt: null,
        runningSince: row.ts,
        turn: state.turn ?? newTurn(),
      };
    case "session.thread_status_idle":
      return { ...state, paused: body<{ stop_reason: StopReason }>(row).stop_reason.type === "budget_reached" };
    case "session.status_idle":
      return stopped(state, body<{ stop_reason: StopReason }>(row).stop_reason);
    case "session.status_rescheduled":
      return {
        ...pause(state),
        status: "rescheduling",
        retryAt: note<{ due: number }>(row).due,
      };
    case "session.status_terminated":
      return { ...pause(state), status: "terminated", calls: [], turn: null, request: null, retryAt: null };
    case "span.model_request_start":
      return {
        ...state,
        request: { id: row.id, seq: row.seq, epoch: row.epoch, ...note<RequestNote>(row) },
        requested: true,
        calls: [],
      };
    case "span.model_request_end":
      return responded(state, note<ResponseNote>(row), body<{ is_error: boolean }>(row));
    case "user.message":
      return { ...state, asked: true };
    case "agent.tool_use":
    case "agent.custom_tool_use":
      return { ...state, calls: [...state.calls, callOf(row)] };
    case "user.tool_confirmation":
      return confirmed(state, body<Confirmation>(row));
    case "agent.tool_result":
    case "user.tool_result":
    case "user.custom_tool_result":
      return settled(state, body<ResultBody>(row));
    case "session.updated":
      return updated(state, note<UpdateNote>(row));
    case "x.dispatch":
      return withCall(state, body<{ call: string }>(row).call, { dispatched: true });
    case "x.provision":
      return { ...state, turn: { ...(state.turn ?? newTurn()), provisioned: true } };
    case "x.archived":
      return { ...pause(state), archivedAt: row.ts, status: "terminated" };
    case "x.deleting":
      return { ...pause(state), deleting: true };
    default:
      return state;
  }
}

interface Confirmation {
  tool_use_id: string;
  result: "allow" | "deny";
  deny_message?: string | null;
}
interface ResultBody {
  tool_use_id?: string;
  custom_tool_use_id?: string;
  is_error?: boolean | null;
}

function body<T extends object>(row: Row): T {
  return parsed<T>(row, "body");
}

function note<T extends object>(row: Row): T {
  return parsed<T>(row, "note");
}

/** The clock of `running` stops: idle, rescheduling and terminated time is free (spec/core.md §10). */
function pause(state: State): State {
  const since = state.runningSince;
  if (since === null) return state;
  const days = ran(state.days, since, state.ts);
  return { ...state, runningSince: null, activeMicros: state.activeMicros + (state.ts - since), days };
}

function stopped(state: State, stop: StopReason): State {
  const idle: State = { ...pause(state), status: "idle", stop, retryAt: null };
  // What a person or a higher ceiling lets go on is the same turn.
  return stop.type === "requires_action" || state.paused ? idle : { ...idle, calls: [], turn: null };
}

function updated(state: State, { title, metadata, budget, agent }: UpdateNote): State {
  return {
    ...state,
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata }),
    budget: budget === undefined ? state.budget : budget,
    agents: agent ? { ...state.agents, newest: state.seq } : state.agents,
  };
}

/** A turn that begins with other tools. Once a request has been made, a new head changes what its thinking was bound to. */
function retooled(state: State, tools: ToolsNote | undefined): State {
  if (!tools) return state;
  const { agent, opens, told, added, bytes } = tools;
  const { agents } = state;
  const now: Agents = opens
    ? { newest: agents.newest, inForce: agent, opening: agent, told: false, added: [], bytes: 0 }
    : {
        ...agents,
        inForce: agent,
        told: agents.told || told,
        added: [...agents.added, ...added],
        bytes: agents.bytes + bytes,
      };
  return { ...state, agents: now, dropBlock: state.dropBlock || (opens && state.requested) };
}

function responded(state: State, response: ResponseNote, body: { is_error: boolean }): State {
  const turn = response.cut ? failedAgain(state.turn ?? newTurn(), CUT_CALL) : (state.turn ?? newTurn());
  // A paused response asks for another request just like one with calls, so it counts towards the same limit.
  const again = state.calls.length > 0 || response.cut !== undefined || response.stopReason === "pause_turn";
  return {
    ...state,
    request: null,
    asked: body.is_error ? state.asked : again,
    usage: addUsage(state.usage, response.usage),
    days: charged(state.days, state.ts, response.usage.cost ?? 0),
    lastMessageId: response.messageId ?? state.lastMessageId,
    lastPromptTokens: response.promptTokens ?? state.lastPromptTokens,
    dropBlock: state.dropBlock || (response.dropBlock ?? false),
    turn: body.is_error
      ? { ...turn, failures: turn.failures + 1, failedSha: response.dropBlock ? null : (state.request?.sha ?? null) }
      : { ...turn, failures: 0, failedSha: null, rounds: turn.rounds + (again ? 1 : 0) },
  };
}

function addUsage(sum: Usage, one: Usage): Usage {
  return {
    input: sum.input + one.input,
    output: sum.output + one.output,
    cacheRead: sum.cacheRead + one.cacheRead,
    cache5m: sum.cache5m + one.cache5m,
    cache1h: sum.cache1h + one.cache1h,
    webSearches: sum.webSearches + one.webSearches,
    cost: sum.cost === null || one.cost === null ? null : sum.cost + one.cost,
  };
}

function callOf(row: Row): CallState {
  const { name, evaluated_permission } = body<{ name: string; evaluated_permission?: CallState["permission"] }>(row);
  return {
    id: row.id,
    seq: row.seq,
    family: row.type === "agent.custom_tool_use" ? "custom" : "sandbox",
    name,
    permission: evaluated_permission ?? "allow",
    ...note<CallNote>(row),
    answer: null,
    denyMessage: null,
    dispatched: false,
    settled: false,
  };
}

function confirmed(state: State, body: Confirmation): State {
  return withCall(state, body.tool_use_id, { answer: body.result, denyMessage: body.deny_message ?? null });
}

function settled(state: State, body: ResultBody): State {
  const id = body.tool_use_id ?? body.custom_tool_use_id ?? "";
  const call = state.calls.find((one) => one.id === id);
  const turn = state.turn ?? newTurn();
  const digest = call?.refused === "cut" ? CUT_CALL : (call?.digest ?? "");
  return {
    ...withCall(state, id, { settled: true }),
    asked: true,
    turn: body.is_error === true ? failedAgain(turn, digest) : { ...turn, sameDigest: null, sameFailures: 0 },
  };
}

/** Counts identical failures in a row. */
function failedAgain(turn: Turn, digest: string): Turn {
  return { ...turn, sameDigest: digest, sameFailures: turn.sameDigest === digest ? turn.sameFailures + 1 : 1 };
}

function withCall(state: State, id: string, change: Partial<CallState>): State {
  return { ...state, calls: state.calls.map((call) => (call.id === id ? { ...call, ...change } : call)) };
}
