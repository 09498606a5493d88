/** What must hold of an agent as it results from a request, an update or a session's overrides (spec/core.md §2, §4.2, §4.9). */
import { type AgentFields, agentConflict } from "./agent-rules.ts";
import { MAX_DEFINITION_BYTES } from "./agents.ts";
import { ApiError, invalid } from "./errors.ts";
import { namedPath } from "./validation.ts";

/** The definition, if the rules between its fields and its size allow it; else throws a 400 whose message begins with `path`. */
export function checkedDefinition<T extends AgentFields>(definition: T, path: string): T {
  const conflict = agentConflict(definition);
  if (conflict)
    throw new ApiError(invalid(`${[path, ...namedPath(conflict.path, definition)].join(".")}: ${conflict.message}`));
  return sized(definition, path);
}

/** The same of its size alone, for what a schema has held to the rules. */
export function sized<T>(definition: T, path: string): T {
  const bytes = new TextEncoder().encode(JSON.stringify(definition)).length;
  if (bytes <= MAX_DEFINITION_BYTES) return definition;
  const message = `${bytes} bytes as JSON, at most ${MAX_DEFINITION_BYTES}; shorten the tools' descriptions and schemas`;
  throw new ApiError(invalid(`${path}: ${message}`));
}
