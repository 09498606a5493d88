/** The table that README shows: one row per method of the SDK, and a line per resource above it. */
export type Verdict = "yes" | "partial" | "not yet";

export interface Row {
  /** Dotted, below `client.beta`. */
  method: string;
  /** What the SDK sent, ids masked; null when the method sends nothing. */
  request: string | null;
  verdict: Verdict;
  /** What a partial one refuses, or why one cannot be there. */
  note: string;
}

export const BEGIN = "<!-- conformance:begin -->";
export const END = "<!-- conformance:end -->";

/** The text between the two markers. */
export function render(sdk: string, rows: Row[], inferred: number): string {
  const count = (of: Row[], verdict: Verdict) => of.filter((row) => row.verdict === verdict).length;
  const resources = [...new Set(rows.map(resourceOf))].map((name) => rows.filter((row) => resourceOf(row) === name));
  return [
    `Of the ${rows.length} methods below \`client.beta\` of \`@anthropic-ai/sdk\` ${sdk}, **${count(rows, "yes")} work**, ${count(rows, "partial")} work in part and ` +
      `${count(rows, "not yet")} are not there yet: each was called, unmodified, on the real Worker, and its answer checked against the SDK's own types.`,
    `Where the specification had to be guessed, the code says \`@inferred\`: ${inferred} places.`,
    "",
    "| Resource | works | in part | not yet |",
    "|---|---|---|---|",
    ...resources.map((of) =>
      cells(resourceOf(of[0] as Row), count(of, "yes"), count(of, "partial"), count(of, "not yet")),
    ),
    "",
    "<details><summary>Every method</summary>",
    "",
    "| `client.beta.` | Request | | |",
    "|---|---|---|---|",
    ...rows.map((row) =>
      cells(`\`${row.method}\``, row.request ? `\`${row.request}\`` : "none", row.verdict, row.note),
    ),
    "",
    "</details>",
  ].join("\n");
}

/** README with the block in its place; throws where the markers are missing. */
export function replaced(readme: string, block: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, from + BEGIN.length)}\n${block}\n${readme.slice(to)}`;
}

function resourceOf(row: Row): string {
  const parts = row.method.split(".").slice(0, -1);
  return parts.join(".");
}

function cells(...values: (string | number)[]): string {
  return `| ${values.join(" | ")} |`;
}
