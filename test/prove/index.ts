/** What `npm run prove` runs. A layer that is added here is run, timed, counted and summed up with the others. */
import { BOUNDARIES } from "./boundaries.ts";
import { KILL } from "./kill.ts";
import type { Layer } from "./layer.ts";
import { MUSEUM } from "./museum.ts";
import { MUTANTS } from "./mutants.ts";
import { SCHEDULES } from "./schedules.ts";
import { WORKERD } from "./workerd.ts";

export const LAYERS: Layer[] = [SCHEDULES, BOUNDARIES, WORKERD, KILL, MUTANTS, MUSEUM];
