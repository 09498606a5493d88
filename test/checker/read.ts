import type { Dump, InsideRow, WireEvent } from "./dump.ts";

/** Words that several invariants read in the list. */
export const isUse = (event: { type: string }) => /^agent\.(custom_|mcp_)?tool_use$/.test(event.type);
export const isResult = (event: { type: string }) => event.type.endsWith("tool_result");
export const callOf = (event: WireEvent) =>
  (event.tool_use_id ?? event.custom_tool_use_id ?? event.mcp_tool_use_id) as string;
export const isStart = (event: { type: string }) => event.type === "span.model_request_start";
export const isEnd = (event: { type: string }) => event.type === "span.model_request_end";
export const isIdle = (event: { type: string }) => event.type === "session.status_idle";
export const isSpoken = (event: { type: string }) =>
  isUse(event) || event.type === "agent.message" || event.type === "agent.thinking";
export const stopOf = (event: WireEvent) => (event.stop_reason as { type: string } | undefined)?.type ?? "";
/** The calls that an idle session waits for. */
export const askedOf = (event: WireEvent | undefined) =>
  (event?.stop_reason as { event_ids?: string[] } | undefined)?.event_ids ?? [];

/** What is in the log: without what still waits. */
export const stored = (dump: Dump) => dump.events.filter((event) => typeof event.processed_at === "string");

/** Rows of a type, internal ones included; null where nobody looked inside. */
export const rowsOf = (dump: Dump, type: string): InsideRow[] | null =>
  dump.inside?.rows.filter((row) => row.type === type) ?? null;

export function textOf(event: WireEvent): string {
  const content = (event.content ?? []) as { text?: string }[];
  return content.map((block) => block.text ?? "").join("");
}

export function counted<T>(list: T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}
