/** Creating a session: the protocol of design §8. Each step may be the last one that happens; a repeat or the sweep goes on from there. */
import { dropContents } from "../catalog/contents.ts";
import { findDuplicate, insertSession } from "../catalog/creation.ts";
import { findEnvironment } from "../catalog/environments.ts";
import { dropSession, type SessionRow, settleSession, snapshotOf } from "../catalog/sessions.ts";
import type { EnvironmentConfig } from "../protocol/environments.ts";
import { ApiError, invalid, unwrap } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import type { Session, SessionCreate } from "../protocol/sessions.ts";
import { refuseUnsupported, unsupportedSession } from "../protocol/unsupported.ts";
import type { Sender, SessionInit } from "../session/rpc.ts";
import { admitWork } from "./admission.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import type { Caller, Platform } from "./platform.ts";
import { snapshotAgent } from "./resolve-agent.ts";
import { runnableEnvironment } from "./resolve-environment.ts";
import { type ContentSource, deliver, makeBatch } from "./send-events.ts";

/** What a client has sent, validated but for the content of its events. */
export interface SessionRequest {
  params: SessionCreate;
  content: ContentSource;
  sender: Sender;
  /** Hears the session's id before anything is done with it. */
  named(sessionId: string): void;
}

export async function createSession(platform: Platform, caller: Caller, request: SessionRequest): Promise<Session> {
  refuseUnsupported(unsupportedSession(request.params));
  const init = (await repeated(platform, caller, request.sender)) ?? (await indexed(platform, caller, request));
  request.named(init.id);
  return created(platform, init, request);
}

/** The object's half, and the index row's end. Everything here may happen twice. */
async function created(
  { db, blobs, session: objectOf }: Platform,
  init: SessionInit,
  { params, content, sender }: SessionRequest,
): Promise<Session> {
  const batch = makeBatch(params.initial_events ?? [], "initial_events", content, init.id);
  const object = objectOf(init.id);
  const outcome = await deliver(batch, blobs, () => object.create(init, batch.drafts, sender));
  // One that could not be opened may hold the session already, and at work: its row stays for a repeat of the request or the sweep.
  const refused = !outcome.ok && outcome.error.status < 500;
  if (refused && (await dropSession(db, init.id, "creating"))) await dropContents(blobs, init.id);
  const session = unwrap(outcome);
  if (await settleSession(db, session)) return session;
  // The row is gone: swept as given up, or deleted. A session that no list shows must not run.
  await object.remove(init.workspace);
  throw new ApiError({
    status: 500,
    type: "api_error",
    message: "the session was removed while it was being created; create it again",
  });
}

/** A session that an earlier copy of this request has begun; it is finished, not made again. */
async function repeated({ db, now }: Platform, { workspace }: Caller, sender: Sender): Promise<SessionInit | null> {
  const row = await findDuplicate(db, { workspace, ...sender, now: now() });
  if (row === null) return null;
  if (row.digest !== sender.digest)
    throw new ApiError(invalid("idempotency-key: was already used with another body; use a new key"));
  const environment = await findEnvironment(db, row.workspace, row.environment_id);
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
async function indexed(platform: Platform, caller: Caller, { params, sender }: SessionRequest): Promise<SessionInit> {
  const { db, models, now } = platform;
  const id = newId("sesn");
  await admitWork(platform, caller, "current");
  const full = params.initial_events?.length ? await concurrencyLimit(platform, caller, id) : null;
  if (full) throw new ApiError(full);
  const references = async () => ({
    environment: await runnableEnvironment(platform, caller, params.environment_id),
    agent: await snapshotAgent(platform, caller, params.agent),
  });
  const { environment, agent } = await references();
  const init: SessionInit = {
    id,
    threadId: newId("sthr"),
    workspace: caller.workspace,
    createdAt: now(),
    environmentId: environment.id,
    environment: environment.config,
    title: params.title ?? null,
    metadata: params.metadata ?? {},
    agent,
    budget: params.budget ?? null,
  };
  mustBePriced(models, init);
  const inserted = await insertSession(db, {
    ...init,
    agentId: init.agent.id,
    agentVersion: init.agent.version,
    metadata: JSON.stringify(init.metadata),
    budget: init.budget ? JSON.stringify(init.budget) : null,
    snapshot: snapshotOf(init.workspace, init.agent),
    ...sender,
  });
  if (inserted) return init;
  const other = await repeated(platform, caller, sender);
  if (other) return other;
  // Archived between the read and the insert: reading again says which.
  await references();
  throw new Error("the row was refused though its references are live");
}

function mustBePriced(models: ModelCatalog, { agent, budget }: SessionInit): void {
  const { id } = agent.model;
  if (!budget || models.priced(id)) return;
  const problem = `the model ${id.slice(0, 80)} has no public list price, so no cost can be capped`;
  const message = `budget: ${problem}; name another model or leave the budget out`;
  throw new ApiError(invalid(message, "model_not_budgetable"));
}
