/** For each invariant a seeded defect for each thing that it says: ways to spoil a good dump, and how it then has to complain. */
import { CLIENTS } from "./defects/clients.ts";
import { EFFECTS } from "./defects/effects.ts";
import { INSIDE } from "./defects/inside.ts";
import { LOG } from "./defects/log.ts";
import { type Defect, type Defects, none } from "./defects/spoil.ts";
import type { Dump } from "./dump.ts";

export const DEFECTS: Defects = { ...CLIENTS, ...EFFECTS, ...INSIDE, ...LOG };

/** A copy of the dump with the defect in it; null when it cannot have it. */
export function spoiled(dump: Dump, { spoil }: Defect): Dump | null {
  const copy = structuredClone(dump);
  return spoil(copy) === none ? null : copy;
}
