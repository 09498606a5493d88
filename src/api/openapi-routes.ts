/**
 * One line per route of the API, for its definition (`openapi.ts`). A test compares this table with the routes that the app has, both ways, and
 * each body and query with what the route accepts: a new route needs its line in one of the parts.
 */
import { BEYOND } from "./openapi-beyond.ts";
import type { RouteLine } from "./openapi-line.ts";
import { OPERATOR } from "./openapi-operator.ts";
import { RUNNING } from "./openapi-running.ts";
import { STORED } from "./openapi-stored.ts";

export const ROUTES: RouteLine[] = [...STORED, ...RUNNING, ...BEYOND, ...OPERATOR];
