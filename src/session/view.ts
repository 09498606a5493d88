import { activeSeconds, threadUsage, usageSnapshot } from "../brain/money/budget.ts";
import { PRIMARY, stamp } from "../log/rows.ts";
import { primaryThread, type SessionState, sessionStarted, sessionStatus, type ThreadState } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Session } from "../protocol/sessions.ts";
import type { SessionThread } from "../protocol/threads.ts";
import type { SessionInit } from "./rpc.ts";

/** The session as the wire shows it (spec/core.md §4.1, §4.10). `agent` is the newest one (`Agents`); `now` in microseconds. */
export function sessionView(init: SessionInit, state: SessionState, agent: SessionAgent, now: number): Session {
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
    stats: sessionStats(init, state, now),
    status: sessionStatus(state),
    title: titleOf(init, state),
    updated_at: stamp(Math.max(state.ts, init.createdAt)),
    usage: usageSnapshot(state, now),
    vault_ids: [],
  };
}

export function titleOf(init: SessionInit, state: SessionState): string | null {
  return state.title === undefined ? init.title : state.title;
}

export function metadataOf(init: SessionInit, state: SessionState): Record<string, string> {
  return state.metadata ?? init.metadata;
}

/**
 * One thread: an archived session's primary one stays idle and unarchived, and its cost leaves the runtime charge out (spec/core.md §4.9, §4.10).
 * `whole`: its newest agent.
 */
export function threadView(
  init: SessionInit,
  session: SessionState,
  thread: ThreadState,
  whole: SessionAgent,
  now: number,
): SessionThread {
  const { multiagent: _, ...agent } = whole;
  const primary = thread.thread === PRIMARY;
  const quiet = thread.usage.input + thread.usage.output === 0;
  return {
    id: thread.threadId,
    type: "session_thread",
    agent,
    archived_at: null,
    created_at: stamp(init.createdAt),
    parent_thread_id: primary ? null : primaryThread(session).threadId,
    session_id: init.id,
    stats: thread.started ? { ...threadStats(init, session, thread, now), startup_seconds: 0 } : null,
    status: session.archivedAt === null ? thread.status : primary ? "idle" : "terminated",
    updated_at: stamp(Math.max(session.ts, init.createdAt)),
    // Null until the first idle.
    usage: thread.started && !(thread.status === "running" && quiet) ? threadUsage(thread, now) : null,
    workflow_run_id: null,
  };
}

/** `active_seconds` is the sum over the threads, unlike the usage's, which counts overlap once (spec/core.md §4.10). */
function sessionStats(init: SessionInit, state: SessionState, now: number): Session["stats"] {
  if (!sessionStarted(state)) return {};
  const ms = state.threads.reduce((sum, one) => sum + Math.round(activeSeconds(one, now) * 1000), 0);
  return { active_seconds: ms / 1000, duration_seconds: durationSeconds(init, state, now) };
}

function threadStats(init: SessionInit, session: SessionState, thread: ThreadState, now: number): Session["stats"] {
  return { active_seconds: activeSeconds(thread, now), duration_seconds: durationSeconds(init, session, now) };
}

function durationSeconds(init: SessionInit, state: SessionState, now: number): number {
  const end = sessionStatus(state) === "terminated" ? state.ts : now;
  return Math.floor((end - init.createdAt) / 1000) / 1000;
}
