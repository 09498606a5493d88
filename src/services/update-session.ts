/** `POST /v1/sessions/{id}`: from what a client sent to what the object changes (spec/core.md §4.9). */
import { unwrap } from "../protocol/errors.ts";
import type { Session, SessionUpdate } from "../protocol/sessions.ts";
import type { SessionPatch } from "../session/rpc.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import type { Caller, Platform } from "./platform.ts";
import { resolveTool } from "./resolve-tools.ts";

/** Safe to repeat: the object has told the catalog before it answers. */
export async function updateSession(
  platform: Platform,
  caller: Caller,
  sessionId: string,
  update: SessionUpdate,
): Promise<Session> {
  const patch = patchOf(update);
  // A budget alone can let work go on.
  const full = patch.budget === undefined ? null : await concurrencyLimit(platform, caller, sessionId);
  return unwrap(await platform.session(sessionId).update(caller.workspace, patch, full));
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
