/** The dated summary of a run, and its place in the README between two marks that the command looks for. */
import type { Report, Row } from "./layer.ts";

export interface Made {
  /** As a person types it. */
  command: string;
  /** UTC, `2026-11-23`. */
  date: string;
  /** Short hash; `+` when the sources differ from it. */
  commit: string;
  node: string;
  cores: number;
  seconds: number;
}

/** What one layer came to. */
export interface Ran extends Report {
  letter: string;
  seconds: number;
}

export interface Sum {
  rows: Row[];
  details: Row[];
  violations: number;
  /** Null: violated, or not everything that it speaks of was run. */
  claim: string | null;
}

export function sumUp(ran: Ran[]): Sum {
  const violations = ran.reduce((sum, { failures }) => sum + failures.length, 0);
  const total = (what: "points" | "schedules") => ran.reduce((sum, report) => sum + (report[what] ?? 0), 0);
  const [points, schedules] = [total("points"), total("schedules")];
  return {
    rows: [
      ...ran.flatMap(({ rows }) => rows),
      ["violations", `${violations}`],
      ["time of each layer", ran.map(({ letter, seconds }) => `${letter} ${seconds.toFixed(0)} s`).join(", ")],
    ],
    details: ran.flatMap(({ details }) => (details ? [details] : [])),
    violations,
    claim: violations === 0 && points > 0 && schedules > 0 ? claim(points, schedules) : null,
  };
}

const begin = (name: string) => `<!-- ${name}:begin -->`;
const end = (name: string) => `<!-- ${name}:end -->`;
const MINUTE_S = 60;

/** Markdown: what made it, a table, the claim, and what is shown on request. */
export function summary(made: Made, rows: Row[], claim: string | null, details: Row[] = []): string {
  const { command, date, commit, node, cores, seconds } = made;
  return [
    `\`${command}\` on ${date}, commit ${commit}, Node ${node}, ${cores} cores, ${(seconds / MINUTE_S).toFixed(1)} minutes:`,
    "",
    "| What | How much |",
    "|---|---|",
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
    ...(claim === null ? [] : ["", `> ${claim}`]),
    ...details.flatMap(([heading, text]) => ["", `<details><summary>${heading}</summary>`, "", text, "", "</details>"]),
  ].join("\n");
}

/** What a run without a violation shows (reliability.md §5.11). */
export function claim(points: number, schedules: number): string {
  const [n, m] = [points, schedules].map((count) => count.toLocaleString("en-US"));
  return `No acknowledged event is lost or duplicated under process crash at any of ${n} enumerated points and ${m} seeded schedules; a tool body of our machines runs at most once per call; where the outcome cannot be known, the log says so.`;
}

/** The text between the marks; null when the file has none. */
export function published(readme: string, name: string): string | null {
  const [from, to] = [readme.indexOf(begin(name)), readme.indexOf(end(name))];
  return from < 0 || to < from ? null : readme.slice(from + begin(name).length, to).trim();
}

/** The file with another text between the marks. Throws when it has no marks. */
export function publish(readme: string, name: string, text: string): string {
  const [from, to] = [readme.indexOf(begin(name)), readme.indexOf(end(name))];
  if (from < 0 || to < from) throw new Error(`the README has no ${begin(name)} followed by ${end(name)}`);
  return `${readme.slice(0, from + begin(name).length)}\n${text}\n${readme.slice(to)}`;
}
