/** `/x/sessions/{id}/health`: the operator's view of one session (session/health.ts). Asking wakes the object, as any request does. */
import { unwrap } from "../../protocol/errors.ts";
import { SessionHealth } from "../../protocol/health.ts";
import { sessionObject } from "../platform.ts";
import { route } from "../route.ts";
import { BEYOND } from "./groups.ts";

export const health = [
  route({
    group: BEYOND,
    method: "GET",
    path: "/x/sessions/{session_id}/health",
    id: "getSessionHealth",
    summary: "Look at a session that seems stuck, as its operator",
    withoutCatalog: true,
    description: `What is open, what waits and until when, how often it was interrupted, the last error. A session that cannot be opened answers here
too: \`closed\` says why, since when and what opens it; every other route refuses it.`,
    answer: SessionHealth,
    handle: async (c, { session_id }) => unwrap(await sessionObject(c.env, session_id).getHealth(c.var.workspace)),
  }),
];
