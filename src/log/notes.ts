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

export interface CallNote {
  toolUseId: string;
  digest: string;
  /** Why the call is refused without running: its input was cut off, or the session has no such tool. */
  refused?: "cut" | "unknown";
}
