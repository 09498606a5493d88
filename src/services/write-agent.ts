/** Creating an agent and adding a version to it (spec/core.md §2). */
import { findAgent, insertAgent, insertAgentVersion } from "../catalog/agents.ts";
import { findMembers } from "../catalog/members.ts";
import type { Agent, AgentCreate, AgentUpdate } from "../protocol/agents.ts";
import { ApiError, conflict, invalid, missing } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { mergeCallableAgents } from "./merge-callable-agents.ts";
import { isUnchanged, retryOnConflict } from "./optimistic-update.ts";
import type { Caller, Platform } from "./platform.ts";
import { mergeDefinition, newDefinition } from "./resolve-agent.ts";
import { type RosterOwner, resolveCallableAgents } from "./resolve-callable-agents.ts";

type Parts = Pick<Platform, "db" | "models" | "now">;

export async function createAgent(platform: Parts, caller: Caller, params: AgentCreate): Promise<Agent> {
  const { db, models, now } = platform;
  const definition = newDefinition(params, models);
  const id = newId("agent");
  const draft = mergeCallableAgents(params.multiagent, null);
  const multiagent = await resolveCallableAgents(draft, { id, ...definition }, models, lookup(platform, caller));
  return insertAgent(db, caller.workspace, id, now(), { ...definition, multiagent: multiagent(id, 1) });
}

/** Gives the newest version, whether the patch has made it or changes nothing. A 409 when the patch names a version that is not the newest. */
export function updateAgent(platform: Parts, caller: Caller, id: string, patch: AgentUpdate): Promise<Agent> {
  const { db, models, now } = platform;
  return retryOnConflict(async () => {
    const base = await agentOf(platform, caller, id);
    if (base.archived_at !== null)
      throw new ApiError(invalid(`agent ${base.id} is archived and cannot be changed; create another`));
    if (patch.version != null && patch.version !== base.version)
      throw new ApiError(conflict(`version: is ${base.version} by now, not ${patch.version}; read the agent again`));
    const merged = mergeDefinition(base, patch, models);
    const owner: RosterOwner = { id: base.id, ...merged };
    const draft = mergeCallableAgents(patch.multiagent, base);
    const multiagent = await resolveCallableAgents(draft, owner, models, lookup(platform, caller), "agent.");
    const definition = (version: number) => ({ ...merged, multiagent: multiagent(base.id, version) });
    if (isUnchanged(base, definition(base.version))) return base;
    return insertAgentVersion(db, base, now(), definition(base.version + 1));
  });
}

/** The newest version, or the one that is named; a 404 without it. */
export async function agentOf(
  { db }: Pick<Platform, "db">,
  { workspace }: Caller,
  id: string,
  version?: number,
): Promise<Agent> {
  const agent = await findAgent(db, workspace, id, version);
  if (!agent) throw missing(version === undefined ? "agent" : `version ${version} of agent`, id);
  return agent;
}

function lookup({ db }: Pick<Platform, "db">, { workspace }: Caller) {
  return (references: { id: string; version?: number }[]) => findMembers(db, workspace, references);
}
