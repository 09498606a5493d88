import { listCost } from "../brain/prices.ts";
import { activeSeconds, usageSnapshot } from "../brain/spent.ts";
import { stamp } from "../log/rows.ts";
import type { State } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Session } from "../protocol/sessions.ts";
import type { SessionThread } from "../protocol/threads.ts";
import type { SessionInit } from "./rpc.ts";

/** The session as the wire shows it (spec/core.md §4.1, §4.10). `agent` is the newest one (`Agents`); `now` in microseconds. */
export function sessionView(init: SessionInit, state: State, agent: SessionAgent, now: number): Session {
  return {
    id: init.id,
    type: "session",
    agent,
    archived_at: state.archivedAt === null ? null : stamp(state.archivedAt),
    budget: state.budget,
    created_at: stamp(init.createdAt),
    deployment_id: null,
    environment_id: init.environmentId,
    metadata: metadataOf(init, state),
    outcome_evaluations: [],
    resources: [],
    stats: statsOf(init, state, now),
    status: state.archivedAt === null ? state.status : "terminated",
    title: titleOf(init, state),
    updated_at: stamp(Math.max(state.ts, init.createdAt)),
    usage: usageSnapshot(state, now),
    vault_ids: [],
  };
}

export function titleOf(init: SessionInit, state: State): string | null {
  return state.title === undefined ? init.title : state.title;
}

export function metadataOf(init: SessionInit, state: State): Record<string, string> {
  return state.metadata ?? init.metadata;
}

/** The primary thread: an archived session's stays idle and unarchived, and its cost leaves the runtime charge out (spec/core.md §4.9, §4.10). */
export function threadView(init: SessionInit, state: State, whole: SessionAgent, now: number): SessionThread {
  const { multiagent: _, ...agent } = whole;
  const { cost } = state.usage;
  const usage = { ...usageSnapshot(state, now), list_cost: cost === null ? null : listCost(cost) };
  return {
    id: init.threadId,
    type: "session_thread",
    agent,
    archived_at: null,
    created_at: stamp(init.createdAt),
    parent_thread_id: null,
    session_id: init.id,
    stats: state.started ? { ...statsOf(init, state, now), startup_seconds: 0 } : null,
    status: state.archivedAt === null ? state.status : "idle",
    updated_at: stamp(Math.max(state.ts, init.createdAt)),
    // Null until the first idle.
    usage:
      state.started && !(state.status === "running" && state.usage.input + state.usage.output === 0) ? usage : null,
    workflow_run_id: null,
  };
}

function statsOf(init: SessionInit, state: State, now: number): Session["stats"] {
  if (!state.started) return {};
  const end = state.status === "terminated" ? state.ts : now;
  return {
    active_seconds: activeSeconds(state, now),
    duration_seconds: Math.floor((end - init.createdAt) / 1000) / 1000,
  };
}
