/** `POST /v1/sessions`: the protocol of design §8. Each step may be the last one that happens; a repeat or the sweep goes on from there. */
import { findAgent } from "../catalog/agents.ts";
import { dropContents } from "../catalog/contents.ts";
import { findDuplicate, insertSession } from "../catalog/creation.ts";
import { findEnvironment } from "../catalog/environments.ts";
import { dropSession, type SessionRow, settleSession, snapshotOf } from "../catalog/sessions.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Environment, EnvironmentConfig } from "../protocol/environments.ts";
import { ApiError, invalid } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { type Session, SessionCreate } from "../protocol/sessions.ts";
import { unsupportedAgent, unsupportedEnvironment, unsupportedSession } from "../protocol/unsupported.ts";
import { check } from "../protocol/validation.ts";
import type { Sender, SessionInit } from "../session/rpc.ts";
import { missing, supported, unwrap } from "./answer.ts";
import { type Body, readBody } from "./body.ts";
import { type AppContext, nowMicros } from "./context.ts";
import { delivered, makeBatch } from "./drafts.ts";
import { known } from "./ids.ts";
import { modelCatalog } from "./modelcatalog.ts";
import { sessionObject } from "./objects.ts";
import { sessionAgent } from "./resolve.ts";
import { keepContent } from "./restore.ts";
import { fullFor } from "./running.ts";
import { senderOf } from "./sender.ts";
import { mustMayRun } from "./standing.ts";

export async function createSession(c: AppContext): Promise<Session> {
  const body = await readBody(c.req.raw, keepContent);
  const params = unwrap(check(SessionCreate, body.value));
  supported(unsupportedSession(params));
  const sender = senderOf(c, body.digest);
  const init = (await repeated(c, sender)) ?? (await indexed(c, params, sender));
  c.set("sessionId", init.id);
  return created(c, init, params, body, sender);
}

/** The object's half, and the index row's end. Everything here may happen twice. */
async function created(
  c: AppContext,
  init: SessionInit,
  params: SessionCreate,
  body: Body,
  sender: Sender,
): Promise<Session> {
  const batch = makeBatch(params.initial_events ?? [], "initial_events", body, init.id);
  const object = sessionObject(c.env, init.id);
  const outcome = await delivered(batch, c.env.BLOBS, () => object.create(init, batch.drafts, sender));
  // One that could not be opened may hold the session already, and at work: its row stays for a repeat of the request or the sweep.
  const refused = !outcome.ok && outcome.error.status < 500;
  if (refused && (await dropSession(c.env.DB, init.id, "creating"))) await dropContents(c.env.BLOBS, init.id);
  const session = unwrap(outcome);
  if (await settleSession(c.env.DB, session)) return session;
  // The row is gone: swept as given up, or deleted. A session that no list shows must not run.
  await object.remove(init.workspace);
  throw new ApiError({
    status: 500,
    type: "api_error",
    message: "the session was removed while it was being created; create it again",
  });
}

/** A session that an earlier copy of this request has begun; it is finished, not made again. */
async function repeated(c: AppContext, sender: Sender): Promise<SessionInit | null> {
  const row = await findDuplicate(c.env.DB, { workspace: c.var.workspace, ...sender, now: nowMicros() });
  if (row === null) return null;
  if (row.digest !== sender.digest)
    throw new ApiError(invalid("idempotency-key: was already used with another body; use a new key"));
  const environment = await findEnvironment(c.env.DB, row.workspace, row.environment_id);
  return initOf(row, environment?.config);
}

function initOf(row: SessionRow, environment?: EnvironmentConfig): SessionInit {
  return {
    id: row.id,
    threadId: row.thread_id,
    workspace: row.workspace,
    createdAt: row.created_at,
    environmentId: row.environment_id,
    ...(environment && { environment }),
    title: row.title,
    metadata: JSON.parse(row.metadata),
    agent: JSON.parse(row.agent),
    budget: row.budget === null ? null : JSON.parse(row.budget),
  };
}

/** Reads what the session refers to and inserts its row, if that is still live by then. */
async function indexed(c: AppContext, params: SessionCreate, sender: Sender): Promise<SessionInit> {
  const id = newId("sesn");
  await mustMayRun(c);
  const full = params.initial_events?.length ? await fullFor(c, id) : null;
  if (full) throw new ApiError(full);
  const environment = await liveEnvironment(c, params.environment_id);
  const init: SessionInit = {
    id,
    threadId: newId("sthr"),
    workspace: c.var.workspace,
    createdAt: nowMicros(),
    environmentId: environment.id,
    environment: environment.config,
    title: params.title ?? null,
    metadata: params.metadata ?? {},
    agent: await snapshot(c, params.agent),
    budget: params.budget ?? null,
  };
  mustBePriced(c, init);
  const inserted = await insertSession(c.env.DB, {
    ...init,
    agentId: init.agent.id,
    agentVersion: init.agent.version,
    metadata: JSON.stringify(init.metadata),
    budget: init.budget ? JSON.stringify(init.budget) : null,
    snapshot: snapshotOf(init.workspace, init.agent),
    ...sender,
  });
  if (inserted) return init;
  const other = await repeated(c, sender);
  if (other) return other;
  // Archived between the read and the insert: reading again says which.
  await liveEnvironment(c, params.environment_id);
  await snapshot(c, params.agent);
  throw new Error("the row was refused though its references are live");
}

function mustBePriced(c: AppContext, { agent, budget }: SessionInit): void {
  const { id } = agent.model;
  if (!budget || modelCatalog(c.env).priced(id)) return;
  const problem = `the model ${id.slice(0, 80)} has no public list price, so no cost can be capped`;
  const message = `budget: ${problem}; name another model or leave the budget out`;
  throw new ApiError(invalid(message, "model_not_budgetable"));
}

/** @inferred that an archived reference is a 400: the documents say "refused" (spec/core.md §4.2). */
async function liveEnvironment(c: AppContext, sent: string): Promise<Environment> {
  const id = known("env", sent);
  const environment = await findEnvironment(c.env.DB, c.var.workspace, id);
  if (!environment) throw missing("environment", id);
  if (environment.archived_at !== null)
    throw new ApiError(invalid(`environment_id: ${id} is archived; use another environment`, "environment_archived"));
  supported(unsupportedEnvironment(environment));
  return environment;
}

async function snapshot(c: AppContext, sent: SessionCreate["agent"]): Promise<SessionAgent> {
  const reference = typeof sent === "string" ? { type: "agent" as const, id: sent } : sent;
  const id = known("agent", reference.id);
  const agent = await findAgent(c.env.DB, c.var.workspace, id, reference.version);
  if (!agent) throw missing(reference.version === undefined ? "agent" : `version ${reference.version} of agent`, id);
  if (agent.archived_at !== null) throw new ApiError(invalid(`agent: ${id} is archived; use another agent`));
  const resolved = sessionAgent(
    agent,
    reference.type === "agent_with_overrides" ? reference : null,
    modelCatalog(c.env),
  );
  supported(unsupportedAgent({ ...resolved, multiagent: agent.multiagent }));
  return resolved;
}
