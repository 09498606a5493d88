import type { Hand } from "../hands/hand.ts";
import type { OfferedTool } from "../hands/registry.ts";
import type { Batch, ThreadBatch } from "../log/batch.ts";
import type { Log } from "../log/log.ts";
import type { Row } from "../log/rows.ts";
import type { ThreadState } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Live } from "./decide.ts";
import type { Price } from "./end-turn.ts";
import type { Model } from "./model.ts";
import type { ResponseUsage } from "./models/usage.ts";
import type { Prompt } from "./prompt/prompt.ts";
import type { ToolChanges } from "./rows.ts";

/**
 * Milliseconds of back-off before the second attempt; it doubles from there (reliability.md C34). @inferred: back-off and counts are not documented
 */
export const RETRY_BASE_MS = 1_000;
export const RETRY_MAX_MS = 300_000;

/** Reads `RETRY_BASE_MS`; anything but a whole number is the default, since a wait that is no number would be none. */
export function retryBaseFrom(setting: string | undefined): number {
  return /^\d{1,6}$/.test(setting ?? "") ? Number(setting) : RETRY_BASE_MS;
}

/** What shows while a response is being written. Never stored, may be dropped (spec/core.md §4.7). */
export type Preview =
  | { kind: "start"; id: string; type: "agent.message" | "agent.thinking" }
  /** `index`: which entry of the message's content `text` is added to. */
  | { kind: "text"; id: string; type: "agent.message"; index: number; text: string };

/** The effects of a session's turns, and where they go. The simulator replaces each of them. */
export interface Ports {
  log: Pick<Log, "state" | "epoch" | "boots" | "begin" | "isCurrent" | "newEventId">;
  model: Model;
  hand: Hand;
  /** Commits and then publishes. */
  commit(batch: Batch): Row[];
  /** `thread`: whose readers see it. */
  preview(thread: number, preview: Preview): void;
  /** Microseconds since 1970. */
  now(): number;
  retryBaseMs: number;
  sessionId: string;
}

/** What one thread runs: its agent and what follows from it, and the prompt that it makes. */
export interface ThreadSetup {
  modelId: string;
  betas(state: Pick<ThreadState, "dropBlock" | "agents">): string[];
  /** Whether non-empty thinking of this model is narration for people (spec/messages.md §4). */
  narrates: boolean;
  /** Whether the model takes `role: "system"` turns (spec/messages.md §6). */
  takesSystemTurns: boolean;
  /** The agent that came at this place (`Agents`); `batch` may hold it. Throws `Corrupted`. */
  agentAt(place: number, batch?: Batch): SessionAgent;
  /** The tools of the turn under way, by name. Throws `Corrupted`. */
  tools(): ReadonlyMap<string, OfferedTool>;
  toolChange: ToolChanges;
  price: Price;
  /** Whether the model has a public price now: without one no cap can be measured. */
  priced(): boolean;
  prompt: Prompt;
  /** The input of a tool use. Throws `Corrupted`. */
  inputOf(seq: number): { name: string; input: Record<string, unknown> };
}

/** All that a step of a thread's turn is handed. */
export interface ThreadContext extends Ports, ThreadSetup {
  thread: number;
  /** What this instance is doing for the thread. */
  doing: Doing;
}

/**
 * The rows that close an effect, appended when its turn has come: what was committed meanwhile is in the batch's state, and may leave nothing to write.
 */
export type Closing = (t: ThreadBatch) => void;

/** What this instance is doing; the session's input side reads it to interrupt. */
export class Doing {
  request: { id: string; abort: AbortController; estimate(): ResponseUsage | null } | null = null;
  /** The calls that are waited for; `release` stops the waiting, not the call: an interrupt must not wait for a hand. */
  readonly calls = new Map<string, { release(): void; done: Promise<Closing | null> }>();
  readonly sent = new Set<string>();

  /** Stops waiting for everything that is under way. */
  abandonEffects(): void {
    this.request?.abort.abort();
    this.request = null;
    for (const call of this.calls.values()) call.release();
    this.calls.clear();
  }
}

/** The thread as a batch sees it. */
export function begin(context: ThreadContext): ThreadBatch {
  return context.log.begin(context.now()).on(context.thread);
}

export function liveOf({ log, now, doing }: Pick<ThreadContext, "log" | "now" | "doing">): Live {
  return {
    epoch: log.epoch,
    now: now(),
    boots: log.boots,
    request: doing.request?.id ?? null,
    sent: doing.sent,
    calls: new Set(doing.calls.keys()),
  };
}
