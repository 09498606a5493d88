/** One layer of `npm run prove` (reliability.md §3): what it is asked for and what it gives back. */

export interface Request {
  /** The first seed. */
  seed: number;
  /** How many schedules layer A plays. */
  schedules: number;
  /** How many scenarios layer B crashes at each of their points. */
  scenarios: number;
  /** How many random mutations layer E tries beside the kept mutants. */
  random: number;
  /** Rounds of layer D. */
  rounds: number;
  say(line: string): void;
}

export interface Report {
  /** Tables and counts for the terminal. */
  lines: string[];
  /** Empty: proven. A layer that ran nothing fails. */
  failures: string[];
  /** Rows of the summary in the README: what, and how much of it. */
  rows: Row[];
  /** What is shown on request only, under a heading. */
  details?: Row;
  /** For the claim: schedules played, points crashed at. */
  schedules?: number;
  points?: number;
}

export type Row = readonly [what: string, value: string];

export interface Layer {
  /** A letter of reliability.md §3, and what it does. */
  name: string;
  run(request: Request): Promise<Report>;
}

/** 1234567 as 1,234,567. */
export function whole(n: number): string {
  return Math.round(n).toLocaleString("en-US");
}

export function pairs(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${whole(count)}`)
    .join(", ");
}

export function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, one) => total + one, 0);
}

/** Of what a layer counts, the things that it did not do at all: it has proven nothing of them. */
export function untried(counts: Record<string, number>): string[] {
  return Object.entries(counts).flatMap(([what, n]) => (n > 0 ? [] : [`there was not once ${what}`]));
}
