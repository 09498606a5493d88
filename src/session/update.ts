import { continuesWithInbox } from "../brain/inbox.ts";
import { capped, spent } from "../brain/money/budget.ts";
import { capUnits, inDollars } from "../brain/money/prices.ts";
import { indexSoon, runningPair } from "../brain/rows.ts";
import type { ThreadContext } from "../brain/thread.ts";
import type { ThreadBatch } from "../log/batch.ts";
import type { UpdateNote } from "../log/notes.ts";
import { primaryThread, type Status, sessionStatus } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { checkedDefinition } from "../protocol/definition.ts";
import { ApiError, conflict, invalid } from "../protocol/errors.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import type { Budget } from "../protocol/sessions.ts";
import { unsupportedAgent } from "../protocol/unsupported.ts";
import type { SessionInit, SessionPatch } from "./rpc.ts";
import { metadataOf, titleOf } from "./view.ts";

/** What an update depends on beside the log. */
export interface Updating {
  init: SessionInit;
  /** The primary thread's. */
  context: Pick<ThreadContext, "agentAt" | "priced" | "toolChange">;
}

/**
 * Appends what the patch changes: one `session.updated` with the changed fields only, nothing when nothing changed, and the running pair if that
 * lets paused work go on (spec/core.md §4.9, §4.11). Throws `ApiError`; the batch must then be dropped.
 */
export function update(t: ThreadBatch, patch: SessionPatch, { init, context }: Updating): void {
  const { session } = t;
  const { archivedAt } = session;
  const status = sessionStatus(session);
  const agent = context.agentAt(primaryThread(session).agents.newest);
  if (archivedAt !== null)
    throw new ApiError(conflict("the session is archived and cannot be changed; create a new one"));
  if (status === "terminated" && (patch.budget !== undefined || patch.agent))
    throw new ApiError(conflict("the session has terminated: only its title and metadata can be changed"));
  const before = metadataOf(init, session);
  const replaced = patch.agent && differs(newAgent(status, patch.agent, agent), agent);
  const changes: Omit<UpdateNote, "agent"> = {
    ...named("title", differs(patch.title, titleOf(init, session))),
    ...named("metadata", differs(patch.metadata && mergeMetadata(before, patch.metadata, "metadata"), before)),
    ...named("budget", differs(patch.budget && newBudget(t, patch.budget, context.priced()), session.budget)),
  };
  if (!replaced && Object.keys(changes).length === 0) return;
  const { metadata, ...rest } = changes;
  // An emptied bag is not shown (SDK, `session.updated`).
  const shown = metadata && Object.keys(metadata).length > 0 ? { metadata } : {};
  t.add("session.updated", {
    body: { ...named("agent", replaced), ...rest, ...shown },
    note: { ...changes, ...(replaced ? { agent: true } : {}) },
  });
  indexSoon(t);
  for (const { thread } of t.session.threads) resume(t.batch.on(thread), context);
}

/** Either change of a budget takes up what it had paused, without any event of a client. */
function resume(t: ThreadBatch, { toolChange }: Pick<ThreadContext, "toolChange">): void {
  const { session, state } = t;
  if (state.status !== "idle" || session.stop?.type !== "budget_reached" || capped(session, session.ts)) return;
  if (state.paused || continuesWithInbox(t)) runningPair(t, toolChange);
}

/** The new value, if it is one; undefined when nothing was sent or nothing is different. */
function differs<T>(sent: T | undefined, current: T): T | undefined {
  return sent === undefined || JSON.stringify(sent) === JSON.stringify(current) ? undefined : sent;
}

function named<K extends string, T>(key: K, value: T | undefined): { [key in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: T };
}

/** A cap is only ever raised, or lowered to above what was used; null, which removes it, does not come here (spec/core.md §4.11). */
function newBudget({ session, batch }: ThreadBatch, sent: Budget, priced: boolean): Budget {
  if (session.budget === null) {
    const message = "a budget can be set only when a session is created; create another session";
    throw new ApiError(invalid(`budget: ${message}`, "budget_create_only"));
  }
  const used = spent(session, Math.max(batch.now, session.ts));
  if (used === null || !priced) {
    const message =
      "the session uses a model without a public price, so no budget can be measured; send null to remove it";
    throw new ApiError(invalid(`budget: ${message}`, "model_not_budgetable"));
  }
  if (capUnits(sent) > used) return sent;
  const message = `must be more than the ${inDollars(used)} USD that the session has used`;
  throw new ApiError(
    invalid(`budget.max_list_cost: ${message}; raise it, or send null to remove it`, "budget_not_raised"),
  );
}

/** Each list replaces the session's whole; the rules between fields hold for what results, as for an agent. */
function newAgent(status: Status, sent: NonNullable<SessionPatch["agent"]>, current: SessionAgent): SessionAgent {
  if (status === "running" || status === "rescheduling") {
    const message = "send user.interrupt by itself and wait for it to be idle, then change the agent";
    throw new ApiError(invalid(`agent: the session is ${status}: ${message}`));
  }
  const tools = sent.tools ?? current.tools;
  const agent = checkedDefinition({ ...current, tools, mcp_servers: sent.mcp_servers ?? current.mcp_servers }, "agent");
  const unsupported = unsupportedAgent(agent);
  if (unsupported) throw new ApiError(invalid(unsupported.message));
  return agent;
}
