import { Fenced } from "../log/log.ts";
import { storageFailure } from "../log/refused.ts";

/** Lines of a stack that a log line keeps. */
const STACK_LINES = 8;

/** One line for the operator: where it happened, without the error's text, which may hold content. */
export function report(session: string, error: unknown): void {
  // An instance that another has overtaken, as in a deploy, is no bug.
  if (error instanceof Fenced) {
    console.warn(JSON.stringify({ level: "info", event: "fenced", session }));
    return;
  }
  const name = error instanceof Error ? error.name : typeof error;
  const storage = storageFailure(error) ?? undefined;
  const line = { level: "error", event: "error", session, error: name, storage, stack: framesOf(error) };
  console.error(JSON.stringify(line));
}

/** Where it happened, innermost first. */
export function framesOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? "").split("\n").map((line) => line.trim()) : [];
  return lines.filter((line) => line.startsWith("at ")).slice(0, STACK_LINES);
}
