/** What every part of a schedule works with: the world, the chance and the faults of the seed, the records, and a voice in the trace. */
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Records } from "./records.ts";
import type { World } from "./world.ts";

export interface Cast {
  readonly world: World;
  readonly random: Random;
  readonly faults: Faults;
  readonly records: Records;
  /** A line of the trace. */
  readonly say: (what: string) => void;
}
