import type { Dump, WireEvent } from "./dump.ts";

/** Words that several invariants read in the list. */
export const isUse = (event: WireEvent) => event.type === "agent.tool_use" || event.type === "agent.custom_tool_use";
export const isResult = (event: WireEvent) => event.type.endsWith("tool_result");
export const callOf = (event: WireEvent) => (event.tool_use_id ?? event.custom_tool_use_id) as string;
export const isStart = (event: WireEvent) => event.type === "span.model_request_start";
export const isEnd = (event: WireEvent) => event.type === "span.model_request_end";
export const isIdle = (event: WireEvent) => event.type === "session.status_idle";
export const stopOf = (event: WireEvent) => (event.stop_reason as { type: string } | undefined)?.type ?? "";

/** What is in the log: without what still waits. */
export const stored = (dump: Dump) => dump.events.filter((event) => typeof event.processed_at === "string");

export function textOf(event: WireEvent): string {
  const content = (event.content ?? []) as { text?: string }[];
  return content.map((block) => block.text ?? "").join("");
}

export function counted<T>(list: T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const one of list) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}
