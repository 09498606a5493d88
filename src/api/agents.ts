/** `/v1/agents` (spec/core.md §2). */
import { Hono } from "hono";
import {
  archiveAgent,
  findAgent,
  insertAgent,
  insertAgentVersion,
  listAgents,
  listVersions,
} from "../catalog/agents.ts";
import { listName } from "../catalog/cursor.ts";
import type { Slice } from "../catalog/keyset.ts";
import { findMembers } from "../catalog/members.ts";
import { type Agent, AgentCreate, AgentUpdate } from "../protocol/agents.ts";
import { ApiError, conflict, invalid } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { agentGetQuery, agentListQuery, agentVersionListQuery } from "../protocol/queries.ts";
import { missing, unwrap } from "./answer.ts";
import { readJson } from "./body.ts";
import { contended } from "./contended.ts";
import { type AppContext, type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { known } from "./ids.ts";
import { paginate } from "./list.ts";
import { modelCatalog } from "./modelcatalog.ts";
import { type Draft, draftOf } from "./multiagent.ts";
import { plain } from "./plain.ts";
import { mergeDefinition, newDefinition } from "./resolve.ts";
import { type Lookup, type RosterOwner, settleRoster } from "./roster.ts";
import { sameDefinition } from "./same.ts";

export const agents = new Hono<AppEnv>();

agents.post("/", plain, async (c) => {
  const params = await readJson(c.req.raw, AgentCreate);
  const definition = newDefinition(params, modelCatalog(c.env));
  const id = newId("agent");
  const multiagent = await rosterAt(c, draftOf(params.multiagent, null), { id, ...definition });
  const agent = { ...definition, multiagent: multiagent(id, 1) };
  return c.json(await insertAgent(c.env.DB, c.var.workspace, id, nowMicros(), agent));
});

agents.get("/", async (c) => {
  const query = unwrap(agentListQuery(paramsOf(c)));
  const read = (slice: Slice) => listAgents(c.env.DB, c.var.workspace, slice, query.include_archived);
  return c.json(await paginate(listName("agents", c.var.workspace), query, read));
});

agents.get("/:id", async (c) => c.json(await agentAt(c, unwrap(agentGetQuery(paramsOf(c))).version)));

agents.post("/:id", plain, async (c) => {
  known("agent", c.req.param("id"));
  const patch = await readJson(c.req.raw, AgentUpdate, "agent");
  const updated = await contended(async () => {
    const base = await agentAt(c);
    if (base.archived_at !== null)
      throw new ApiError(invalid(`agent ${base.id} is archived and cannot be changed; create another`));
    if (patch.version != null && patch.version !== base.version)
      throw new ApiError(conflict(`version: is ${base.version} by now, not ${patch.version}; read the agent again`));
    const merged = mergeDefinition(base, patch, modelCatalog(c.env));
    const multiagent = await rosterAt(c, draftOf(patch.multiagent, base), { id: base.id, ...merged }, "agent.");
    const definition = (version: number) => ({ ...merged, multiagent: multiagent(base.id, version) });
    if (sameDefinition(base, definition(base.version))) return base;
    return insertAgentVersion(c.env.DB, base, nowMicros(), definition(base.version + 1));
  });
  return c.json(updated);
});

agents.post("/:id/archive", plain, async (c) => {
  const id = known("agent", c.req.param("id"));
  const agent = await archiveAgent(c.env.DB, c.var.workspace, id, nowMicros());
  if (!agent) throw missing("agent", id);
  return c.json(agent);
});

agents.get("/:id/versions", async (c) => {
  const id = known("agent", c.req.param("id"));
  const query = unwrap(agentVersionListQuery(paramsOf(c)));
  const read = async (slice: Slice) => {
    const page = await listVersions(c.env.DB, c.var.workspace, id, slice);
    if (!page) throw missing("agent", id);
    return page;
  };
  return c.json(await paginate(listName("versions", c.var.workspace, id), query, read));
});

function rosterAt(c: AppContext, draft: Draft | null, owner: RosterOwner, prefix?: string) {
  const lookup: Lookup = (references) => findMembers(c.env.DB, c.var.workspace, references);
  return settleRoster(draft, owner, modelCatalog(c.env), lookup, prefix);
}

async function agentAt(c: AppContext, version?: number): Promise<Agent> {
  const id = known("agent", c.req.param("id") ?? "");
  const agent = await findAgent(c.env.DB, c.var.workspace, id, version);
  if (!agent) throw missing(version === undefined ? "agent" : `version ${version} of agent`, id);
  return agent;
}
