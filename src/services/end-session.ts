/** Archiving and deleting a session: the object first, then the catalog's row of it (spec/core.md §4.9). Safe to repeat. */
import { dropContents } from "../catalog/contents.ts";
import { dropSession, settleSession, workspaceOf } from "../catalog/sessions.ts";
import { unwrap } from "../protocol/errors.ts";
import type { Session } from "../protocol/sessions.ts";
import type { Caller, Platform } from "./platform.ts";

export async function archiveSession(platform: Platform, caller: Caller, sessionId: string): Promise<Session> {
  const session = unwrap(await platform.session(sessionId).archive(caller.workspace));
  await settleSession(platform.db, session);
  return session;
}

export async function deleteSession(platform: Platform, caller: Caller, sessionId: string): Promise<void> {
  const removed = await platform.session(sessionId).remove(caller.workspace);
  if (removed.ok || removed.error.status !== 404 || !(await removeLost(platform, caller, sessionId))) unwrap(removed);
  await dropSession(platform.db, sessionId);
}

/**
 * A session that the catalog lists and whose object holds nothing: its storage was lost. What else there is of it goes, so that the list can be
 * rid of it. False: the catalog knows none either.
 */
async function removeLost({ db, blobs, removeMachine }: Platform, caller: Caller, sessionId: string): Promise<boolean> {
  if ((await workspaceOf(db, sessionId)) !== caller.workspace) return false;
  const ids = { request_id: caller.requestId, session: sessionId, cred: caller.cred };
  console.error(JSON.stringify({ level: "error", event: "session_lost", ...ids }));
  await removeMachine(sessionId);
  await dropContents(blobs, sessionId);
  return true;
}
