/** `/x/operator/sessions/{id}/health` and `/x/operator/interrupt`: one session, whichever workspace it belongs to. */
import { noteInterrupt } from "../../catalog/operator.ts";
import { workspaceOf } from "../../catalog/sessions.ts";
import { ApiError, notFound, type Outcome } from "../../protocol/errors.ts";
import { type InterruptAnswer, InterruptParams, type OperatorSession } from "../../protocol/operator.ts";
import type { Draft, Sender } from "../../session/rpc.ts";
import { readJson } from "../body/read.ts";
import type { AppContext } from "../context.ts";
import { missing, unwrap } from "../errors.ts";
import { known } from "../ids.ts";
import { sessionObject } from "../objects.ts";
import { done } from "../operator-act.ts";

const INTERRUPT: Draft = { type: "user.interrupt", body: "{}", content: null };

/** What its own workspace sees (x-health.ts), and whose it is. */
export async function getOperatorSession(c: AppContext): Promise<Response> {
  const { id, workspace } = await anyone(c, c.req.param("id") ?? "");
  const health = present(await sessionObject(c.env, id).getHealth(workspace), id, workspace);
  return c.json({ type: "operator_session", id, workspace, health } satisfies OperatorSession);
}

/**
 * The very `user.interrupt` that a client may send. The operator's word stands against what is queued: it waits for the next message, where a
 * client's interrupt would begin the next turn with it.
 */
export async function interruptSession(c: AppContext): Promise<Response> {
  const { session_id } = await readJson(c.req.raw, InterruptParams);
  const { id, workspace } = await anyone(c, session_id);
  const object = sessionObject(c.env, id);
  const before = present(await object.getSession(workspace), id, workspace).status;
  const { operator, requestId } = c.var;
  // No credential has a colon in its name.
  const sender: Sender = { cred: `operator:${operator}`, key: null, digest: requestId, retry: 0, held: true };
  await done(c, "interrupt", id, async (actor) => {
    await noteInterrupt(c.env.DB, actor, id, workspace);
    await unwrap(await object.emitEvents(workspace, [INTERRUPT], sender)).cancel();
  });
  const { status } = unwrap(await object.getSession(workspace));
  return c.json({
    type: "operator_interrupt",
    session_id: id,
    workspace,
    was: before,
    status,
  } satisfies InterruptAnswer);
}

/** A session that the catalog lists and whose object knows nothing is not one that never was. */
function present<T>(outcome: Outcome<T>, id: string, workspace: string): T {
  if (outcome.ok || outcome.error.status !== 404) return unwrap(outcome);
  const message =
    `the catalog lists the session ${id} of the workspace ${workspace}, and its object holds nothing: it is just being created or deleted, ` +
    "or its storage was lost; a lost one can only be deleted, by its owner";
  throw new ApiError(notFound(message));
}

/** A session by its id alone, or a 404. */
async function anyone(c: AppContext, sent: string): Promise<{ id: string; workspace: string }> {
  const id = known("sesn", sent);
  c.set("sessionId", id);
  const workspace = await workspaceOf(c.env.DB, id);
  if (workspace === null) throw missing("session", id);
  return { id, workspace };
}
