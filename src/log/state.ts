import type { Budget } from "../protocol/usage.ts";
import type { Day } from "./days.ts";

/**
 * What the log says now: the value that `reduce` makes of the rows and `decide` looks at. It holds ids, open sets, counters and hashes, never
 * message bodies, so that a snapshot of it stays small (reliability.md §5.5).
 */
export type Status = "idle" | "running" | "rescheduling" | "terminated";

export type StopReason =
  | { type: "end_turn" | "retries_exhausted" | "refusal" | "budget_reached" }
  | { type: "requires_action"; event_ids: string[] };

/** A model request whose span has no end yet. */
export interface OpenRequest {
  id: string;
  seq: number;
  attempt: number;
  /** The instance that opened it: only that one may still read its answer. */
  epoch: number;
  /** SHA-256 (hex) and length of the request's bytes: a retry must send the same. */
  sha: string;
  length: number;
}

/** A tool use of the newest response. It leaves the set when the next request starts or the turn ends. */
export interface CallState {
  /** The tool-use event's id: what clients answer to. */
  id: string;
  seq: number;
  /** `sandbox`: ours to run. `custom`: the client's. */
  family: "sandbox" | "custom";
  name: string;
  /** The provider's id, which the result block in the prompt carries. */
  toolUseId: string;
  permission: "allow" | "ask" | "deny";
  /** SHA-256 of name and input: tells identical calls apart from similar ones. */
  digest: string;
  /** Why it is refused without running; see `CallNote`. */
  refused?: "cut" | "unknown";
  answer: "allow" | "deny" | null;
  denyMessage: string | null;
  dispatched: boolean;
  settled: boolean;
}

export interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cache5m: number;
  cache1h: number;
  webSearches: number;
  /** Exact list price of the model requests, in units of `brain/prices.ts`; null when a model without a public price was used. */
  cost: number | null;
}

/** The digest of every call whose input was cut off: such responses in a row are counted whatever their tool (spec/core.md §4.8). */
export const CUT_CALL = "cut";

/** Counters of the turn that is under way; they survive a wait for a human and end with any other idle. */
export interface Turn {
  /** Responses that called tools or paused: each asks for another request. */
  rounds: number;
  /** Failed attempts of the request that is wanted now. */
  failures: number;
  /** The hash of the request that failed: the next attempt must send the same bytes. */
  failedSha: string | null;
  /** The digest of the call that failed last, or `CUT_CALL`, and how often in a row. */
  sameDigest: string | null;
  sameFailures: number;
  /** Whether the machine has been asked for in this turn. */
  provisioned: boolean;
}

/**
 * Which agent the session runs. Each number is the seq of the `session.updated` that brought an agent, 0 for the one of the create. What the model
 * is told first stays (spec/messages.md §5), so three of them can differ.
 */
export interface Agents {
  /** What the session shows, and what the next turn will run. */
  newest: number;
  /** What this turn runs. */
  inForce: number;
  /** Whose tools stand at the head of every request. */
  opening: number;
  /** Whether changes since then have been told in the conversation. */
  told: boolean;
  /** The names of tools that were defined in the conversation, and the bytes of what it says of tools. */
  added: string[];
  bytes: number;
}

export interface State {
  seq: number;
  /** The newest row's stamp, microseconds. */
  ts: number;
  status: Status;
  stop: StopReason | null;
  archivedAt: number | null;
  deleting: boolean;
  request: OpenRequest | null;
  calls: CallState[];
  turn: Turn | null;
  /** Whether there is something that the model has not answered: a request is only made for that. */
  asked: boolean;
  /** When the next attempt of a failed request is due, microseconds; null when none is waiting. */
  retryAt: number | null;
  usage: Usage;
  /** Microseconds spent in `running`, up to `runningSince`. */
  activeMicros: number;
  runningSince: number | null;
  /** What the newest two days that have anything cost (log/days.ts), up to `runningSince`. */
  days: readonly Day[];
  /** Whether any turn has begun: before that, stats and usage render empty. */
  started: boolean;
  lastMessageId: string | null;
  /** Size in tokens of the last prompt that was measured: the estimate for a request that was cut before it said. */
  lastPromptTokens: number;
  /** The request history has been changed: later requests must ask for `drop_block` (spec/messages.md §5). */
  dropBlock: boolean;
  /** Whether a model request has ever been made. */
  requested: boolean;
  /** The spend ceiling; null for none (spec/core.md §4.11). */
  budget: Budget | null;
  /** The thread has more to do and waits for the ceiling to be raised or removed. */
  paused: boolean;
  /** What updates have made of title and metadata; absent while they are those of the create. */
  title?: string | null;
  metadata?: Record<string, string>;
  agents: Agents;
}

/** Before the first row. `budget`: the one that the session was created with. */
export function initialState(budget: Budget | null = null): State {
  return {
    seq: 0,
    ts: 0,
    status: "idle",
    stop: null,
    archivedAt: null,
    deleting: false,
    request: null,
    calls: [],
    turn: null,
    asked: false,
    retryAt: null,
    usage: { input: 0, output: 0, cacheRead: 0, cache5m: 0, cache1h: 0, webSearches: 0, cost: 0 },
    activeMicros: 0,
    runningSince: null,
    days: [],
    started: false,
    lastMessageId: null,
    lastPromptTokens: 0,
    dropBlock: false,
    requested: false,
    budget,
    paused: false,
    agents: { newest: 0, inForce: 0, opening: 0, told: false, added: [], bytes: 0 },
  };
}

/** Calls without a result, in call order. */
export function openCalls(state: State): CallState[] {
  return state.calls.filter((call) => !call.settled);
}

/** Calls that wait for the client: unanswered asks and open custom calls, in call order (spec/core.md §4.4). */
export function blockingCalls(state: State): CallState[] {
  return openCalls(state).filter(
    (call) => call.family === "custom" || (call.permission === "ask" && call.answer === null),
  );
}

export function newTurn(): Turn {
  return { rounds: 0, failures: 0, failedSha: null, sameDigest: null, sameFailures: 0, provisioned: false };
}
