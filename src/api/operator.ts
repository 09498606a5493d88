/**
 * `/x/operator`: stopping and starting, limits, revoked keys, one session, and how things stand. Changes are rows of D1, so they need no deploy and survive
 * restarts; every isolate knows within KNOWN_WITHIN_MS. Each change is one line of the log and one row of the audit.
 */
import { Hono } from "hono";
import * as catalog from "../catalog/operator.ts";
import { EVERYONE } from "../catalog/standing.ts";
import { ApiError, invalid, notFound } from "../protocol/errors.ts";
import {
  type KeyAnswer,
  KeyParams,
  type LimitAnswer,
  LimitParams,
  type StartAnswer,
  StartParams,
  type StopAnswer,
  StopParams,
} from "../protocol/operator.ts";
import { readJson } from "./body.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { noRoute } from "./later.ts";
import { operatorAuth } from "./middleware/auth.ts";
import { DEFAULT_WORKSPACE, type KeyEntry, keyTable } from "./middleware/keys.ts";
import { done } from "./operator-act.ts";
import { getOperatorSession, interruptSession } from "./operator-session.ts";
import { statusOf } from "./operator-status.ts";
import { plain } from "./plain.ts";
import { KNOWN_WITHIN_MS } from "./standing.ts";

const EFFECTIVE = { effective_within_seconds: KNOWN_WITHIN_MS / 1000 };
/** Characters of a name that a message repeats. */
const QUOTED_CHARS = 80;

export const operator = new Hono<AppEnv>();
operator.use(operatorAuth, plain);

operator.get("/status", async (c) => c.json(await statusOf(c)));

operator.post("/stop", async (c) => {
  const { workspace, reason } = await readJson(c.req.raw, StopParams);
  await mustExist(c, workspace);
  const { count, sessions } = await catalog.runningSessions(c.env.DB, workspace);
  await done(c, "stop", workspace, (actor) => catalog.stopWorkspace(c.env.DB, actor, workspace, reason));
  const answer = { type: "operator_stop" as const, workspace, reason, running_sessions: count, sessions };
  return c.json({ ...answer, ...EFFECTIVE } satisfies StopAnswer);
});

operator.post("/start", async (c) => {
  const { workspace } = await readJson(c.req.raw, StartParams);
  await mustExist(c, workspace);
  const started = await done(c, "start", workspace, (actor) => catalog.startWorkspace(c.env.DB, actor, workspace));
  return c.json({ type: "operator_start", workspace, was_stopped: started, ...EFFECTIVE } satisfies StartAnswer);
});

operator.post("/limits", async (c) => {
  const { workspace, ...change } = await readJson(c.req.raw, LimitParams);
  await mustExist(c, workspace);
  if (Object.keys(change).length === 0)
    throw new ApiError(invalid("running_sessions, cents_per_day: send at least one; null takes a limit away"));
  await done(c, "limits", workspace, (actor) => catalog.limitWorkspace(c.env.DB, actor, workspace, change));
  return c.json({ type: "operator_limits", workspace, ...change, ...EFFECTIVE } satisfies LimitAnswer);
});

operator.post("/keys/revoke", async (c) => {
  const key = keyNamed(c, (await readJson(c.req.raw, KeyParams)).name);
  const fresh = await done(c, "revoke", key.cred, (actor) => catalog.revokeKey(c.env.DB, actor, key));
  return c.json(keyAnswer(key, true, !fresh));
});

operator.post("/keys/restore", async (c) => {
  const key = keyNamed(c, (await readJson(c.req.raw, KeyParams)).name);
  const restored = await done(c, "restore", key.cred, (actor) => catalog.restoreKey(c.env.DB, actor, key));
  return c.json(keyAnswer(key, false, restored));
});

operator.get("/sessions/:id/health", getOperatorSession);
operator.post("/interrupt", interruptSession);

operator.all("*", noRoute);

/** A mistyped name must not look like a workspace that is stopped now. */
async function mustExist(c: AppContext, workspace: string): Promise<void> {
  const { entries } = keyTable(c.env);
  if (workspace === EVERYONE || entries.some((entry) => entry.workspace === workspace)) return;
  if (await catalog.isKnownWorkspace(c.env.DB, workspace)) return;
  const known = [...new Set(entries.map((entry) => entry.workspace))].join(", ");
  const message = `workspace: there is no workspace ${JSON.stringify(workspace.slice(0, QUOTED_CHARS))}; there are: ${known}; "${EVERYONE}" is all`;
  throw new ApiError(notFound(message));
}

function keyAnswer({ cred }: KeyEntry, revoked: boolean, before: boolean): KeyAnswer {
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
