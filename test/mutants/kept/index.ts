import type { Mutant } from "../mutant.ts";
import { CALLS } from "./calls.ts";
import { CHANGES } from "./changes.ts";
import { HANDS, STREAMS } from "./edges.ts";
import { ENDS } from "./ends.ts";
import { LOG } from "./log.ts";
import { PROMPT } from "./prompt.ts";
import { REQUESTS } from "./requests.ts";

/** Every kept mutant. Each is killed in `npm run prove`, but for those that say why they cannot be. */
export const KEPT: Mutant[] = [...LOG, ...CALLS, ...REQUESTS, ...ENDS, ...PROMPT, ...HANDS, ...STREAMS, ...CHANGES];
