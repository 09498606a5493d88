/** `GET /x/operator/status`: how every workspace stands, for a person who was woken at three in the morning. */
import { listCost } from "../../brain/money/prices.ts";
import { type Overview, readOverview } from "../../catalog/overview.ts";
import { EVERYONE, limitsFrom } from "../../catalog/standing.ts";
import { DAY_MICROS, dayOf } from "../../log/days.ts";
import { stamp } from "../../log/rows.ts";
import type { OperatorStatus, WorkspaceStatus } from "../../protocol/operator.ts";
import { type AppContext, nowMicros } from "../context.ts";
import { type KeyEntry, keyTable } from "../middleware/keys.ts";

/** Workspaces are those of API_KEYS and those that the catalog has sessions, limits or a stop of. */
export async function statusOf(c: AppContext): Promise<OperatorStatus> {
  const now = nowMicros();
  const view = await readOverview(c.env.DB, dayOf(now));
  const { entries } = keyTable(c.env);
  const named = [view.stops, view.limits, view.revoked, view.running, view.spent].flat().map((row) => row.workspace);
  const workspaces = new Set([...entries.map((entry) => entry.workspace), ...named].sort());
  workspaces.delete(EVERYONE);
  return {
    type: "operator_status",
    now: stamp(now),
    day_ends_at: stamp((dayOf(now) + 1) * DAY_MICROS),
    everyone: { stopped: stopOf(view, EVERYONE), limits: shown(limitsFrom(view.limits.filter(isEveryone))) },
    workspaces: [...workspaces].map((workspace) => workspaceStatus(view, workspace, entries)),
    dearest_sessions: view.dearest.map(({ units, ...one }) => ({ ...one, spent_today: listCost(units) })),
    recent_actions: view.actions.map((one) => ({ ...one, at: stamp(one.at), detail: JSON.parse(one.detail) })),
  };
}

function workspaceStatus(view: Overview, workspace: string, entries: readonly KeyEntry[]): WorkspaceStatus {
  const mine = (row: { workspace: string }) => row.workspace === workspace;
  return {
    workspace,
    stopped: stopOf(view, workspace),
    running_sessions: view.running.find(mine)?.sessions ?? 0,
    spent_today: listCost(view.spent.find(mine)?.units ?? 0),
    limits: shown(limitsFrom(view.limits.filter((row) => mine(row) || isEveryone(row)))),
    keys: entries.filter(mine).map(({ cred }) => cred),
    revoked_keys: view.revoked.filter(mine).map(({ cred, operator, at }) => ({ name: cred, operator, at: stamp(at) })),
  };
}

function stopOf(view: Overview, workspace: string): WorkspaceStatus["stopped"] {
  const stop = view.stops.find((row) => row.workspace === workspace);
  return stop ? { reason: stop.reason, operator: stop.operator, at: stamp(stop.at) } : null;
}

function shown({ running, cents }: { running: number | null; cents: number | null }): WorkspaceStatus["limits"] {
  return { running_sessions: running, cents_per_day: cents };
}

function isEveryone(row: { workspace: string }): boolean {
  return row.workspace === EVERYONE;
}
