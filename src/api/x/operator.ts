/**
 * `/x/operator`: stopping and starting, limits, revoked keys, one session, and how things stand. Changes are rows of D1, so they need no deploy and
 * survive restarts; every isolate knows within KNOWN_WITHIN_MS. Each change is one line of the log and one row of the audit.
 */

import { refetchStandings } from "../../catalog/admission.ts";
import * as catalog from "../../catalog/operator.ts";
import { workspaceOf } from "../../catalog/sessions.ts";
import { EVERYONE } from "../../catalog/standing.ts";
import { outageLine } from "../../log/outage.ts";
import { ApiError, invalid, missing, notFound, type Outcome, unwrap } from "../../protocol/errors.ts";
import { parseId } from "../../protocol/ids.ts";
import * as wire from "../../protocol/operator.ts";
import { KNOWN_WITHIN_MS } from "../../services/admission.ts";
import type { Draft, Sender } from "../../session/rpc.ts";
import { type AppContext, nowMicros } from "../context.ts";
import { DEFAULT_WORKSPACE, type KeyEntry, keyTable } from "../middleware/keys.ts";
import { sessionObject } from "../platform.ts";
import { route } from "../route.ts";
import { OPERATOR as group } from "./groups.ts";
import { statusOf } from "./operator-status.ts";

const EFFECTIVE = { effective_within_seconds: KNOWN_WITHIN_MS / 1000 };
/** Characters of a name that a message repeats. */
const QUOTED_CHARS = 80;
const INTERRUPT: Draft = { type: "user.interrupt", body: "{}", content: null };

export const operator = [
  route({
    group,
    method: "GET",
    path: "/x/operator/status",
    id: "getOperatorStatus",
    summary: "How every workspace stands, and what operators did last",
    answer: wire.OperatorStatus,
    handle: statusOf,
  }),
  route({
    group,
    method: "POST",
    path: "/x/operator/stop",
    id: "stopWorkspace",
    summary: "Stop a workspace, or all: nothing new starts, and no model is asked",
    body: wire.StopParams,
    example: { workspace: "team", reason: "A loop of sessions; wait for our word." },
    answer: wire.StopAnswer,
    handle: async (c, { body: { workspace, reason } }) => {
      await mustExist(c, workspace);
      const { count, sessions } = await catalog.runningSessions(c.env.DB, workspace);
      await audited(c, "stop", workspace, (actor) => catalog.stopWorkspace(c.env.DB, actor, workspace, reason));
      const type = "operator_stop" as const;
      return { type, workspace, reason, running_sessions: count, sessions, ...EFFECTIVE };
    },
  }),
  route({
    group,
    method: "POST",
    path: "/x/operator/start",
    id: "startWorkspace",
    summary: "Let a stopped workspace go on",
    body: wire.StartParams,
    example: { workspace: "team" },
    answer: wire.StartAnswer,
    handle: async (c, { body: { workspace } }) => {
      await mustExist(c, workspace);
      const started = await audited(c, "start", workspace, (by) => catalog.startWorkspace(c.env.DB, by, workspace));
      return { type: "operator_start" as const, workspace, was_stopped: started, ...EFFECTIVE };
    },
  }),
  route({
    group,
    method: "POST",
    path: "/x/operator/limits",
    id: "limitWorkspace",
    summary: "Limit the running sessions, or the list cost per day, of a workspace",
    body: wire.LimitParams,
    example: { workspace: "team", running_sessions: 20, cents_per_day: 5000 },
    answer: wire.LimitAnswer,
    handle: async (c, { body: { workspace, ...change } }) => {
      await mustExist(c, workspace);
      if (Object.keys(change).length === 0)
        throw new ApiError(invalid("running_sessions, cents_per_day: send at least one; null takes a limit away"));
      await audited(c, "limits", workspace, (actor) => catalog.limitWorkspace(c.env.DB, actor, workspace, change));
      return { type: "operator_limits" as const, workspace, ...change, ...EFFECTIVE };
    },
  }),
  route({
    group,
    method: "POST",
    path: "/x/operator/keys/revoke",
    id: "revokeKey",
    summary: "Revoke an API key",
    body: wire.KeyParams,
    example: { name: "team/laptop" },
    answer: wire.KeyAnswer,
    handle: async (c, { body }) => {
      const key = keyNamed(c, body.name);
      const fresh = await audited(c, "revoke", key.cred, (actor) => catalog.revokeKey(c.env.DB, actor, key));
      return keyAnswer(key, true, !fresh);
    },
  }),
  route({
    group,
    method: "POST",
    path: "/x/operator/keys/restore",
    id: "restoreKey",
    summary: "Let a revoked API key in again",
    body: wire.KeyParams,
    example: { name: "team/laptop" },
    answer: wire.KeyAnswer,
    handle: async (c, { body }) => {
      const key = keyNamed(c, body.name);
      const restored = await audited(c, "restore", key.cred, (actor) => catalog.restoreKey(c.env.DB, actor, key));
      return keyAnswer(key, false, restored);
    },
  }),
  route({
    group,
    method: "GET",
    path: "/x/operator/sessions/{session_id}/health",
    id: "getOperatorSession",
    summary: "Look at one session of any workspace",
    answer: wire.OperatorSession,
    // What its own workspace sees (health.ts), and whose it is.
    handle: async (c, { session_id: id }) => {
      const workspace = await ownerOf(c, id);
      const health = ifPresent(await sessionObject(c.env, id).getHealth(workspace), id, workspace);
      return { type: "operator_session" as const, id, workspace, health };
    },
  }),
  route({
    group,
    method: "POST",
    path: "/x/operator/interrupt",
    id: "interruptSession",
    summary: "End the turn of one session",
    description: `The \`user.interrupt\` that a client may send. What is queued waits for the next message, where a client's interrupt would begin
the next turn with it.`,
    body: wire.InterruptParams,
    example: { session_id: "sesn_01AAAAAAAAAAAAAAAAAAAAAA" },
    answer: wire.InterruptAnswer,
    refusals: [409],
    handle: async (c, { body }) => {
      const id = parseId("sesn", body.session_id);
      const workspace = await ownerOf(c, id);
      const object = sessionObject(c.env, id);
      const was = ifPresent(await object.getSession(workspace), id, workspace).status;
      const { operator, requestId } = c.var;
      // No credential has a colon in its name.
      const sender: Sender = { cred: `operator:${operator}`, key: null, digest: requestId, retry: 0, held: true };
      await audited(c, "interrupt", id, async (actor) => {
        await catalog.noteInterrupt(c.env.DB, actor, id, workspace);
        await unwrap(await object.emitEvents(workspace, [INTERRUPT], sender)).cancel();
      });
      const { status } = unwrap(await object.getSession(workspace));
      return { type: "operator_interrupt" as const, session_id: id, workspace, was, status };
    },
  }),
];

/** Makes a change, tells the log, and lets this isolate know at once. */
async function audited<T>(
  c: AppContext,
  action: string,
  target: string,
  change: (actor: catalog.Actor) => Promise<T>,
): Promise<T> {
  const { operator, requestId } = c.var;
  const outcome = await change({ operator, at: nowMicros() });
  await refetchStandings(c.env.DB).catch((error: unknown) => {
    const missed = outageLine("standing", error);
    if (missed) console.error(missed);
  });
  console.log(JSON.stringify({ level: "info", event: "operator", request_id: requestId, operator, action, target }));
  return outcome;
}

/** A mistyped name must not look like a workspace that is stopped now. */
async function mustExist(c: AppContext, workspace: string): Promise<void> {
  const { entries } = keyTable(c.env);
  if (workspace === EVERYONE || entries.some((entry) => entry.workspace === workspace)) return;
  if (await catalog.isKnownWorkspace(c.env.DB, workspace)) return;
  const known = [...new Set(entries.map((entry) => entry.workspace))].join(", ");
  const message = `workspace: there is no workspace ${JSON.stringify(workspace.slice(0, QUOTED_CHARS))}; there are: ${known}; "${EVERYONE}" is all`;
  throw new ApiError(notFound(message));
}

function keyAnswer({ cred }: KeyEntry, revoked: boolean, before: boolean): wire.KeyAnswer {
  return { type: "operator_key", name: cred, revoked, was_revoked: before, ...EFFECTIVE };
}

function keyNamed(c: AppContext, name: string): KeyEntry {
  const { entries } = keyTable(c.env);
  const cred = name.startsWith(`${DEFAULT_WORKSPACE}/`) ? name.slice(DEFAULT_WORKSPACE.length + 1) : name;
  const entry = entries.find((one) => one.cred === cred);
  if (entry) return entry;
  const known = entries.map(({ cred }) => cred).join(", ");
  throw new ApiError(
    notFound(`name: API_KEYS has no key named ${JSON.stringify(name.slice(0, QUOTED_CHARS))}; there are: ${known}`),
  );
}

/** A session that the catalog lists and whose object knows nothing is not one that never was. */
function ifPresent<T>(outcome: Outcome<T>, id: string, workspace: string): T {
  if (outcome.ok || outcome.error.status !== 404) return unwrap(outcome);
  const message =
    `the catalog lists the session ${id} of the workspace ${workspace}, and its object holds nothing: it is just being created or deleted, ` +
    "or its storage was lost; a lost one can only be deleted, by its owner";
  throw new ApiError(notFound(message));
}

/** The workspace of a session by its id alone, or a 404. */
async function ownerOf(c: AppContext, id: string): Promise<string> {
  c.set("sessionId", id);
  const workspace = await workspaceOf(c.env.DB, id);
  if (workspace === null) throw missing("session", id);
  return workspace;
}
