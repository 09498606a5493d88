/** Paths, ids, cursors and query strings: with tokens (world.ts) where they name what exists. */
import fc from "fast-check";
import { filled, isFinal, type Route } from "./routes.ts";
import { FILE_PATHS, QUERY_NAMES, QUERY_VALUES, SEGMENTS } from "./words.ts";

const PARAMETERS: Record<string, string> = {
  agents: "agent",
  environments: "environment",
  sessions: "session",
  threads: "thread",
  models: "model",
};

/** The path of a route with ids that exist. */
export function pathOf(route: Route, index: number): string {
  return filled(route.path, (parameter, resource) => {
    if (resource === "files") return FILE_PATHS[index % FILE_PATHS.length] as string;
    if (resource === "models") return "claude-haiku-5-5";
    const name = PARAMETERS[resource] ?? "session";
    const final = isFinal(route) && parameter === "id" ? ".final" : "";
    return `@@${name}${final}:${index}@@`;
  });
}

export const aRoute = (routes: readonly Route[]) => fc.constantFrom(...routes);
export const anIndex = fc.nat(40);
const aMark = fc
  .tuple(fc.nat(200), fc.constantFrom("x", "1", "_", "-", "=", "%", ".", "I", "A"))
  .map(([at, char]) => `!${at}${char}`);
const aToken = fc
  .tuple(
    fc.constantFrom("agent", "environment", "session", "thread", "event", "foreign", "cursor", "session.final"),
    anIndex,
    fc.array(aMark, { maxLength: 2 }),
  )
  .map(([name, index, marks]) => `@@${name}:${index}${marks.join("")}@@`);
export const percent = fc
  .string({ unit: "binary", maxLength: 12 })
  .map((text) => encodeURIComponent(text.toWellFormed()));
export const aSegment = fc.oneof(fc.constantFrom(...SEGMENTS), aToken, percent);
const aParameter = fc.tuple(
  fc.oneof({ arbitrary: fc.constantFrom(...QUERY_NAMES), weight: 9 }, { arbitrary: percent, weight: 1 }),
  fc.oneof(fc.constantFrom(...QUERY_VALUES), aToken, percent),
);
export const aQuery = fc
  .array(aParameter, { maxLength: 5 })
  .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}`));
