/** Whether the checker bites: every invariant is shown a dump with its own defect (reliability.md §3.8). */
import { INVARIANTS } from "./check.ts";
import { DEFECTS, spoiled } from "./defects.ts";
import type { Dump } from "./dump.ts";

export interface Teeth {
  /** Invariants that caught their defect. */
  caught: string[];
  /** What is wrong with the others, in words. */
  missed: string[];
}

/** `good`: dumps without a violation, enough of them for every defect to find something to spoil. */
export function teeth(good: Dump[]): Teeth {
  const found: Teeth = { caught: [], missed: [] };
  for (const { id, evaluate } of INVARIANTS) {
    const defect = DEFECTS[id];
    const bad = defect && good.map((dump) => spoiled(dump, defect)).find((dump) => dump !== null);
    if (!bad) found.missed.push(`${id} has no defect that fits any of ${good.length} dumps`);
    else if (evaluate(bad).violations.length === 0) found.missed.push(`${id} does not notice its own defect`);
    else found.caught.push(id);
  }
  return found;
}
