import type { StopReason } from "../protocol/session-events.ts";
import type { Budget } from "../protocol/usage.ts";
import type { Day } from "./days.ts";
import { PRIMARY } from "./rows.ts";

/**
 * What the log says now: the value that `reduce` makes of the rows and `decide` looks at. It holds ids, open sets, counters and hashes, never
 * message bodies, so that a snapshot of it stays small (reliability.md §5.5).
 */
export type Status = "idle" | "running" | "rescheduling" | "terminated";

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
  kind: RequestKind;
}

/** What a model is asked for: the thread's next response, a summary of its history, or a judgement of an outcome. */
export type RequestKind = "turn" | "compact" | "grade";

/** `serial`: one after another, in call order. `parallel`: beside its neighbours. `parked`: an event answers it. */
export type CallOrder = "serial" | "parallel" | "parked";

/** A tool use of the newest response. It leaves the set when the next request starts or the turn ends. */
export interface CallState {
  /** The tool-use event's id: what clients answer to. */
  id: string;
  /** The id of its copy in the primary thread's list, which clients may answer to as well; null for a call of the primary thread. */
  copyId: string | null;
  seq: number;
  /** `sandbox`: ours to run. `custom`: the client's. */
  family: "sandbox" | "custom";
  order: CallOrder;
  name: string;
  /** The provider's id, which the result block in the prompt carries. */
  toolUseId: string;
  permission: "allow" | "ask" | "deny";
  /** SHA-256 of name and input: tells identical calls apart from similar ones. */
  digest: string;
  /** Why it is refused without running: its input was cut off, or the session has no such tool. */
  refused?: "cut" | "unknown" | undefined;
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
 * Which agent a thread runs. Each number is the seq of the row that brought an agent, 0 for the one of the session's creation. What the model
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

/** One conversation of the session (spec/core.md §11). */
export interface ThreadState {
  /** Its number: the key of its rows. */
  thread: number;
  /** The names that its status events carry. */
  threadId: string;
  agentName: string;
  status: Status;
  stop: StopReason | null;
  request: OpenRequest | null;
  calls: readonly CallState[];
  turn: Turn | null;
  /** Whether there is something that the model has not answered: a request is only made for that. */
  asked: boolean;
  /** When the next attempt of a failed request is due, microseconds; null when none is waiting. */
  retryAt: number | null;
  usage: Usage;
  /** Microseconds that it spent running, up to `runningSince`. */
  activeMicros: number;
  runningSince: number | null;
  /** Whether any turn has begun: before that, stats and usage render empty. */
  started: boolean;
  lastMessageId: string | null;
  /** Size in tokens of the last prompt that was measured: the estimate for a request that was cut before it said. */
  lastPromptTokens: number;
  /** The request history has been changed: later requests must ask for `drop_block` (spec/messages.md §5). */
  dropBlock: boolean;
  /** Whether a model request has ever been made. */
  requested: boolean;
  /** It has more to do and waits for the session's ceiling to be raised or removed. */
  paused: boolean;
  agents: Agents;
}

export interface SessionState {
  seq: number;
  /** The newest row's stamp, microseconds. */
  ts: number;
  /** Why the session went idle last; null while it works, and before its first turn. */
  stop: StopReason | null;
  archivedAt: number | null;
  deleting: boolean;
  /** Microseconds with a thread running, overlap counted once (spec/core.md §4.10), up to `runningSince`. */
  activeMicros: number;
  runningSince: number | null;
  /** What the newest two days that have anything cost (log/days.ts), up to `runningSince`. */
  days: readonly Day[];
  /** The spend ceiling of all threads together; null for none (spec/core.md §4.11). */
  budget: Budget | null;
  /** What updates have made of title and metadata; absent while they are those of the create. */
  title?: string | null;
  metadata?: Record<string, string>;
  /** By number: the primary thread first. */
  threads: readonly ThreadState[];
}

/** What the log itself reads of what a session keeps from its creation. */
export interface Created {
  id?: string;
  threadId?: string;
  agent?: { name: string };
  budget?: Budget | null;
}

const NO_USAGE: Usage = { input: 0, output: 0, cacheRead: 0, cache5m: 0, cache1h: 0, webSearches: 0, cost: 0 };

/** Before the first row. */
export function initialState(created: Created = {}): SessionState {
  return {
    seq: 0,
    ts: 0,
    stop: null,
    archivedAt: null,
    deleting: false,
    activeMicros: 0,
    runningSince: null,
    days: [],
    budget: created.budget ?? null,
    threads: [newThread(PRIMARY, created.threadId ?? "", created.agent?.name ?? "")],
  };
}

/** A thread before its first row. `agent`: the seq of the row that brought what it runs. */
export function newThread(thread: number, threadId: string, agentName: string, agent = 0): ThreadState {
  return {
    thread,
    threadId,
    agentName,
    status: "idle",
    stop: null,
    request: null,
    calls: [],
    turn: null,
    asked: false,
    retryAt: null,
    usage: NO_USAGE,
    activeMicros: 0,
    runningSince: null,
    started: false,
    lastMessageId: null,
    lastPromptTokens: 0,
    dropBlock: false,
    requested: false,
    paused: false,
    agents: { newest: agent, inForce: agent, opening: agent, told: false, added: [], bytes: 0 },
  };
}

export function newTurn(): Turn {
  return { rounds: 0, failures: 0, failedSha: null, sameDigest: null, sameFailures: 0, provisioned: false };
}

/** A thread that exists. Throws for any other number: whoever asks has it from a row or from this state. */
export function threadAt(state: SessionState, thread: number): ThreadState {
  const found = state.threads[thread];
  if (!found) throw new Error(`this session has no thread ${thread}`);
  return found;
}

export function primaryThread(state: SessionState): ThreadState {
  return threadAt(state, PRIMARY);
}

/** The number of the thread that a sthr_ id names; null: there is none. */
export function threadNumber(state: SessionState, threadId: string): number | null {
  return state.threads.find((one) => one.threadId === threadId)?.thread ?? null;
}

/** What the session does. Its clock runs without a thread where only the first of the rows that end a turn were kept: that turn is not over. */
export function sessionStatus(state: SessionState): Status {
  if (state.archivedAt !== null) return "terminated";
  const status = rolledUpStatus(state);
  return status === "idle" && state.runningSince !== null ? "running" : status;
}

/** The roll-up of the threads: any thread running is a running session (spec/core.md §11). */
export function rolledUpStatus({ threads }: Pick<SessionState, "threads">): Status {
  if (threads[PRIMARY]?.status === "terminated") return "terminated";
  if (threads.some((one) => one.status === "running")) return "running";
  return threads.some((one) => one.status === "rescheduling") ? "rescheduling" : "idle";
}

/** What all threads have used. */
export function sessionUsage({ threads }: SessionState): Usage {
  return threads.map((one) => one.usage).reduce(addUsage);
}

/** Whether any thread has begun a turn. */
export function sessionStarted({ threads }: SessionState): boolean {
  return threads.some((one) => one.started);
}

export function addUsage(sum: Usage, one: Usage): Usage {
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

/** Calls without a result, in call order. */
export function openCalls(thread: Pick<ThreadState, "calls">): CallState[] {
  return thread.calls.filter((call) => !call.settled);
}

/** Calls that wait for the client: unanswered asks and parked calls, in call order (spec/core.md §4.4). */
export function blockingCalls(thread: Pick<ThreadState, "calls">): CallState[] {
  return openCalls(thread).filter((call) => call.order === "parked" || isUnanswered(call));
}

/** Whether a person has still to let it run. */
export function isUnanswered(call: CallState): boolean {
  return call.permission === "ask" && call.answer === null;
}

/** The open call that an event id names: its own, or that of its copy in the primary thread; with the thread that made it. */
export function findOpenCall(state: SessionState, eventId: string): { thread: number; call: CallState } | null {
  for (const { thread, calls } of state.threads) {
    const call = calls.find((one) => !one.settled && (one.id === eventId || one.copyId === eventId));
    if (call) return { thread, call };
  }
  return null;
}
