/** Lines of a stack that a log line keeps. */
const STACK_LINES = 8;

/** One line for the operator: where it happened, without the error's text, which may hold content. */
export function report(session: string, error: unknown): void {
  const [name, stack] = error instanceof Error ? [error.name, error.stack ?? ""] : [typeof error, ""];
  const frames = stack.split("\n").filter((line) => line.trim().startsWith("at "));
  const at = frames.slice(0, STACK_LINES).map((line) => line.trim());
  console.error(JSON.stringify({ level: "error", event: "error", session, error: name, stack: at }));
}
