/** Whether the checker bites: every invariant is shown dumps with each of its own defects (reliability.md §3.8). */
import { INVARIANTS } from "./check.ts";
import { DEFECTS, spoiled } from "./defects.ts";
import type { Dump } from "./dump.ts";
import type { Invariant } from "./invariant.ts";

export interface Teeth {
  /** Invariants that caught all of their defects. */
  caught: string[];
  /** Defects that were caught. */
  defects: number;
  /** What is wrong with the others, in words. */
  missed: string[];
}

/** `good`: dumps without a violation, enough of them for every defect to find something to spoil. */
export function teeth(good: Dump[]): Teeth {
  const found: Teeth = { caught: [], defects: 0, missed: [] };
  for (const one of INVARIANTS) {
    const missed = bite(one, good);
    if (missed.length === 0) found.caught.push(one.id);
    found.defects += (DEFECTS[one.id]?.length ?? 0) - missed.length;
    found.missed.push(...missed);
  }
  return found;
}

/** The defects of one invariant that it does not notice, in words. */
export function bite({ id, evaluate }: Invariant, good: Dump[]): string[] {
  const defects = DEFECTS[id] ?? [];
  if (defects.length === 0) return [`${id} has no defect`];
  return defects.flatMap((defect, i) => {
    let bad: Dump | null = null;
    for (const dump of good) {
      bad = spoiled(dump, defect);
      if (bad) break;
    }
    const name = `${id}, defect ${i + 1} ("${defect.says}")`;
    if (!bad) return [`${name} fits none of ${good.length} dumps`];
    const { violations } = evaluate(bad);
    return violations.some((said) => said.includes(defect.says)) ? [] : [`${name} is not noticed: ${violations}`];
  });
}
