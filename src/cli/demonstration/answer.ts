/**
 * The demonstration's check: the same questions answered from the same file by other code, and the agent's answer read from its last
 * message. Nothing here knows the shipped file's numbers.
 */
import { CliError } from "../program.ts";
import { type Answer, COLUMNS, LABELS } from "./task.ts";

/** Computes the answer; throws a CliError when the text has not the demonstration's columns, or no crossing that sailed. */
export function expectedAnswer(csv: string, name: string): Answer {
  const [header, ...lines] = csv.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (header !== COLUMNS.join(",")) {
    throw new CliError(
      `${name} does not have the demonstration's columns (${COLUMNS.join(",")}); with ANTHROPIC_API_KEY set, --task "…" asks about any file.`,
      2,
    );
  }
  const rows = lines.filter((line) => line !== "").map((line) => line.split(","));
  const sailed = rows.filter((row) => row[4] === "sailed");
  if (sailed.length === 0)
    throw new CliError(`${name} holds no crossing that sailed, so there is nothing to compute.`, 2);
  const passengers = new Map<string, number>();
  const delays = new Map<string, number[]>();
  for (const [date = "", , route = "", , , delay, aboard] of sailed) {
    const month = date.slice(0, 7);
    passengers.set(month, (passengers.get(month) ?? 0) + Number(aboard));
    delays.set(route, [...(delays.get(route) ?? []), Number(delay)]);
  }
  const [month, most] = highest(passengers);
  const [route, late] = highest(new Map([...delays].map(([name, minutes]) => [name, median(minutes)])));
  return {
    "busiest month": month,
    "passengers in that month": String(most),
    "cancelled crossings": String(rows.filter((row) => row[4] === "cancelled").length),
    "least punctual route": route,
    "its median delay in minutes": String(late),
  };
}

/** The five values in the agent's words; a missing one is "". Tolerates list marks, bold type, backquotes and thousands separators. */
export function readAnswer(text: string): Answer {
  const plain = text.replace(/[*`_]/g, "").split("\n");
  const values = LABELS.map((label) => {
    const line = plain.findLast((line) =>
      line
        .replace(/^\s*[-•]?\s*/, "")
        .toLowerCase()
        .startsWith(`${label}:`),
    );
    const value = line?.slice(line.indexOf(":") + 1).trim() ?? "";
    return [label, value.replace(/(?<=\d),(?=\d{3}\b)/g, "")];
  });
  return Object.fromEntries(values) as Answer;
}

/** The labels whose values differ; numbers are compared as numbers. */
export function differences(expected: Answer, found: Answer): string[] {
  return LABELS.filter((label) => !same(expected[label], found[label])).map(
    (label) => `${label}: the file says ${expected[label]}, the agent ${found[label] || "nothing"}`,
  );
}

function same(expected: string, found: string): boolean {
  if (found === "") return false;
  const number = Number(expected);
  return Number.isNaN(number) ? expected.toLowerCase() === found.toLowerCase() : number === Number.parseFloat(found);
}

/** The entry with the highest value; of equal ones the first by name, so that the answer is one. */
function highest(values: Map<string, number>): [string, number] {
  return [...values].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0] as [string, number];
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle - 1)]! + sorted[Math.floor(middle)]!) / 2;
}
