import type { Hand } from "../hands/hand.ts";
import type { OfferedTool } from "../hands/registry.ts";
import type { Batch } from "../log/batch.ts";
import type { Log } from "../log/log.ts";
import type { Row } from "../log/rows.ts";
import type { State } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Setting } from "./advance.ts";
import type { Live } from "./decide.ts";
import type { Model } from "./model.ts";
import type { Usage as ModelUsage } from "./models/usage.ts";
import type { Prompt } from "./prompt.ts";

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

/** The effects of a turn and where they go. The simulator replaces each of them. */
export interface Ports {
  log: Pick<Log, "state" | "epoch" | "boots" | "begin" | "isCurrent" | "newEventId">;
  model: Model;
  modelId: string;
  betas(state: Pick<State, "dropBlock" | "agents">): string[];
  /** Whether non-empty thinking of this model is narration for people (spec/messages.md §4). */
  narrates: boolean;
  hand: Hand;
  /** The tools of the turn under way, by name. Throws `Corrupted`. */
  tools(): ReadonlyMap<string, OfferedTool>;
  /** The agent that came at this place (`Agents`). Throws `Corrupted`. */
  agentAt(place: number): SessionAgent;
  prompt(): Prompt;
  /** Commits and then publishes. */
  commit(batch: Batch): Row[];
  preview(preview: Preview): void;
  /** Microseconds since 1970. */
  now(): number;
  retryBaseMs: number;
  sessionId: string;
  /** Whether the session's model has a public price now: without one no cap can be measured. */
  priced(): boolean;
  setting: Omit<Setting, "live" | "measure">;
  /** The input of a tool use. Throws `Corrupted`. */
  inputOf(seq: number): { name: string; input: Record<string, unknown> };
}

/** What this instance is doing; the session's input side reads it to interrupt. */
export interface Doing {
  request: { id: string; abort: AbortController; estimate(): ModelUsage | null } | null;
  /** `release` stops the waiting, not the call: an interrupt must not wait for a hand. */
  call: { id: string; release(): void } | null;
  sent: Set<string>;
}

export function liveOf(ports: Pick<Ports, "log" | "now">, doing: Doing): Live {
  return {
    epoch: ports.log.epoch,
    now: ports.now(),
    boots: ports.log.boots,
    request: doing.request?.id ?? null,
    sent: doing.sent,
    call: doing.call?.id ?? null,
  };
}
