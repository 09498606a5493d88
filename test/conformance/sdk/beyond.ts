/** What the wire says beyond the SDK's types (spec/core.md §3): judged here and taken out, since the schema knows the types alone. */
import type { Kind } from "../validator/kinds.ts";
import { isObject, type JsonObject } from "../validator/walk.ts";

/** The value without what the types do not have, and what was wrong with that. */
export function withinTypes(kind: Kind, value: unknown): { value: unknown; problems: string[] } {
  if (kind === "environment" && isObject(value)) {
    const { state, ...rest } = value;
    return { value: rest, problems: stateProblems(value) };
  }
  if (kind === "environments_page" && isObject(value) && Array.isArray(value.data)) {
    const each = value.data.map((one) => withinTypes("environment", one));
    return { value: { ...value, data: each.map((one) => one.value) }, problems: each.flatMap((one) => one.problems) };
  }
  return { value, problems: [] };
}

function stateProblems(environment: JsonObject): string[] {
  const expected = environment.archived_at === null ? "active" : "archived";
  return environment.state === expected ? [] : [`state is ${environment.state}, not ${expected}`];
}
