import type { Budget } from "../protocol/usage.ts";
import type { Usage } from "./state.ts";

/** What rows keep for ourselves in `note`, by type of row. Written by the brain, read by `reduce`; optional fields came later. */
export interface RequestNote {
  attempt: number;
  sha: string;
  length: number;
}

export interface ResponseNote {
  usage: Usage;
  /** Charged from what was seen of a response that ended early (reliability.md C7). */
  estimated?: boolean;
  messageId?: string;
  promptTokens?: number;
  stopReason?: string | null;
  /** Provider ids of custom calls whose input was cut: settled inside, never shown to clients. */
  cut?: string[];
  /** The provider refused a replayed thinking block: ask for `drop_block` from now on. */
  dropBlock?: boolean;
}

/** On `session.updated`: what holds from now on, but for the agent, which is in the body alone (spec/core.md §4.9). */
export interface UpdateNote {
  title?: string | null;
  /** All pairs after the update; the body leaves an emptied bag out. */
  metadata?: Record<string, string>;
  budget?: Budget | null;
  /** The update brought an agent. */
  agent?: true;
}

/** On the `session.status_running` of a turn that begins with other tools than the last one. The blocks that tell the model are its `wire`. */
export interface ToolsNote {
  /** The seq of the update that brought them. */
  agent: number;
  /** They stand at the head of every request from now on, instead of being told. */
  opens: boolean;
  told: boolean;
  /** Names defined in the blocks, and the blocks' length. */
  added: string[];
  bytes: number;
}

export interface CallNote {
  toolUseId: string;
  digest: string;
  /** Why the call is refused without running: its input was cut off, or the session has no such tool. */
  refused?: "cut" | "unknown";
}
