/** `POST /v1/sessions/{id}`: from what a client sent to what the object changes (spec/core.md §4.9). */
import type { Session, SessionUpdate } from "../protocol/sessions.ts";
import type { SessionPatch } from "../session/rpc.ts";
import type { AppContext } from "./context.ts";
import { unwrap } from "./errors.ts";
import { sessionObject } from "./objects.ts";
import { fullFor } from "./running.ts";
import { resolveTool } from "./toolset.ts";

/** Safe to repeat: the object has told the catalog before it answers. */
export async function updateSession(c: AppContext, id: string, params: SessionUpdate): Promise<Session> {
  const patch = patchOf(params);
  // A budget alone can let work go on.
  const full = patch.budget === undefined ? null : await fullFor(c, id);
  return unwrap(await sessionObject(c.env, id).update(c.var.workspace, patch, full));
}

/** Null metadata changes nothing, as leaving it out does; the lists of an agent are resolved as they are when one is created. */
function patchOf({ title, metadata, budget, agent }: SessionUpdate): SessionPatch {
  return {
    ...(title === undefined ? {} : { title }),
    ...(metadata ? { metadata } : {}),
    ...(budget === undefined ? {} : { budget }),
    ...(agent
      ? {
          agent: {
            ...(agent.tools ? { tools: agent.tools.map(resolveTool) } : {}),
            ...(agent.mcp_servers ? { mcp_servers: agent.mcp_servers } : {}),
          },
        }
      : {}),
  };
}
