/** Which model may advise which (spec/platform.md §2.6). */
import type { ModelCatalog } from "./modelcatalog.ts";

const NEWEST = ["claude-fable-5-2", "claude-mythos-5-2"];

/** Agents on these models take no other advisor. */
const ONLY: Record<string, readonly string[]> = { "claude-fable-5-2": NEWEST, "claude-mythos-5-2": NEWEST };

/** Agents on these models refuse these advisors. */
const NEVER: Record<string, readonly string[]> = {
  "claude-sonnet-5-5": ["claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-5", "claude-haiku-5-5"],
};

/**
 * Why the model may not advise, or null. The pairs are those that are published; the floor that an advisor must reach otherwise is not, so that what
 * is not known to be refused passes.
 * @inferred
 */
export function advisorConflict(model: string, advisor: string, models: ModelCatalog): string | null {
  const known = models.find(advisor);
  const quoted = JSON.stringify(advisor.slice(0, 80));
  if (!known) return `no model ${quoted} is known here; GET /v1/models lists them`;
  const own = models.find(model)?.id ?? model;
  const refused =
    (Object.hasOwn(ONLY, own) && !ONLY[own]?.includes(known.id)) ||
    (Object.hasOwn(NEVER, own) && NEVER[own]?.includes(known.id));
  return refused ? `${quoted} may not advise ${own}; name a more capable model` : null;
}
