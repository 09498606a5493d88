/** A log as it can be compared with another run's. */
import type { Event } from "../story/match.ts";

/** What an estimate or the clock decides. */
const UNEQUAL = new Set(["usage", "model_usage", "processed_at"]);
const ID = /\b(?:sevt|sesn|sthr|agent|env)_01[1-9A-HJ-NP-Za-km-z]{22}\b/g;

/**
 * Three things may differ from an undisturbed run, and nothing else: ids and stamps; usage, since a request whose answer nobody saw is charged
 * by estimate (reliability.md C7); and the spans of requests that ended without a response, since a crash adds one and an interrupt may fall into
 * the first attempt or the next (C5–C8). Also says how many spans were left out.
 */
export function masked(events: Event[]): { lines: string[]; spans: number } {
  const failed = new Set(
    events.flatMap((event) =>
      event.type === "span.model_request_end" && event.is_error ? [event.id, event.model_request_start_id] : [],
    ),
  );
  const names = new Map<string, string>();
  const name = (id: string) => {
    if (!names.has(id)) names.set(id, `${id.slice(0, id.indexOf("_"))} ${names.size}`);
    return names.get(id) as string;
  };
  const lines = events
    .filter(({ id }) => !failed.has(id))
    .map((event) =>
      JSON.stringify(event, (field, value) => (UNEQUAL.has(field) ? typeof value : value)).replaceAll(ID, name),
    );
  return { lines, spans: failed.size / 2 };
}

/** The simulated hand has words of its own; what a call was settled with otherwise, and that it was settled, is compared. */
export function withoutOutput(events: Event[]): Event[] {
  return events.map((event) =>
    event.type === "agent.tool_result" && event.is_error === false ? { ...event, content: "output" } : event,
  );
}
