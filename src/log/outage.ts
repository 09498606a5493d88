import { storageFailure } from "./refused.ts";

/** Every request and every alarm meets what does not answer: an isolate tells of each kind so often, milliseconds. */
const TELL_MS = 60_000;

/** By kind of line, when it was last told: milliseconds since 1970. */
const told = new Map<string, number>();

/**
 * The line for the operator when something beside the session's own log does not answer and the work goes on without it; null while the last one is
 * news enough. `event` is the kind of line; `of` says what it is about, in names and ids. The error's own text is left out: it may quote a statement.
 */
export function outageLine(event: string, error: unknown, of: Record<string, string> = {}): string | null {
  const now = Date.now();
  if (now - (told.get(event) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return null;
  told.set(event, now);
  const name = error instanceof Error ? error.name : typeof error;
  const storage = storageFailure(error) ?? undefined;
  return JSON.stringify({ level: "error", event, ...of, error: name, storage });
}
