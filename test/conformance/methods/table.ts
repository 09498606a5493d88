/** The table that README shows: one row per method of the SDK, out of the values of the routes, and a line per resource above it. */
import type { Route } from "../../../src/api/route.ts";

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

/** The route that answers a method, or the resource that is not built and would; undefined for what sends nothing. */
export function routeOf(routes: Route[], method: string): Route | undefined {
  const below = (name: string) => method.startsWith(`${name}.`);
  return routes.find(({ sdk, method: verb }) => (verb === "ALL" ? sdk?.some(below) : sdk?.includes(method)));
}

/** What the route's value says of a method. Of a resource that is not built the requests are the SDK's own affair: `sent`, as it was seen. */
export function rowOf(route: Route, method: string, sent: string): Row {
  const request = route.method === "ALL" ? sent : `${route.method} ${route.path.replace(/\{\w+\}/g, "{id}")}`;
  if (route.answer === "later") return { method, request, verdict: "not yet", note: "" };
  const { without = [] } = route;
  if (without.length === 0) return { method, request, verdict: "yes", note: "" };
  return { method, request, verdict: "partial", note: `without ${without.join(", ")}` };
}

/** Whether a request, path included as it was sent, is one of the route's. */
export function reaches(route: Route, method: string, path: string): boolean {
  const pattern = route.path.replaceAll("/", "\\/").replace(/\{\w+\}/g, "[^/]+");
  return route.method === "ALL"
    ? new RegExp(`^${pattern}(/|$)`).test(path)
    : method === route.method && new RegExp(`^${pattern}$`).test(path);
}

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
