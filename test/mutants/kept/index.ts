import type { Mutant } from "../mutant.ts";
import { CHANGES } from "./changes.ts";
import { HANDS, STREAMS } from "./edges.ts";
import { LOG } from "./log.ts";
import { PROMPT } from "./prompt.ts";
import { TURN } from "./turn.ts";

/** Every kept mutant. Each is killed in `npm run prove`, but for those that say why they cannot be. */
export const KEPT: Mutant[] = [...LOG, ...TURN, ...PROMPT, ...HANDS, ...STREAMS, ...CHANGES];
