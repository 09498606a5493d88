import { appendFileSync } from "node:fs";

/** Names the file that a run's counts are appended to, one JSON object a line. */
export const COUNTS = "SINEW_COUNTS";

/** How much a test has tried, for the program that runs it (test/prove/suite.ts); nowhere else does it matter. */
export function count(counts: Record<string, number>): void {
  const file = process.env[COUNTS];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
}
