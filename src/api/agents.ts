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
import { type Agent, AgentCreate, AgentUpdate } from "../protocol/agents.ts";
import { ApiError, conflict, invalid } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { agentGetQuery, agentListQuery, agentVersionListQuery } from "../protocol/queries.ts";
import { missing, unwrap } from "./answer.ts";
import { readJson } from "./body.ts";
import { type AppContext, type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { encodeCursor, listKey } from "./cursor.ts";
import { known } from "./ids.ts";
import { forward, sliceOf } from "./lists.ts";
import { modelCatalog } from "./modelcatalog.ts";
import { mergeDefinition, newDefinition } from "./resolve.ts";

/** Times that an update without a lock starts over because another one came between. */
const UPDATE_ATTEMPTS = 5;

export const agents = new Hono<AppEnv>();

agents.post("/", async (c) => {
  const params = await readJson(c.req.raw, AgentCreate);
  notRun(params.multiagent, "multiagent");
  const definition = newDefinition(params, modelCatalog(c.env));
  return c.json(await insertAgent(c.env.DB, c.var.workspace, newId("agent"), nowMicros(), definition));
});

agents.get("/", async (c) => {
  const query = unwrap(agentListQuery(paramsOf(c)));
  const key = await listKey(c, "agents");
  const part = sliceOf(key, query);
  const page = await listAgents(c.env.DB, c.var.workspace, part, query.include_archived);
  return c.json(forward(key, part, page));
});

agents.get("/:id", async (c) => c.json(await agentAt(c, unwrap(agentGetQuery(paramsOf(c))).version)));

agents.post("/:id", async (c) => {
  known("agent", c.req.param("id"));
  const patch = await readJson(c.req.raw, AgentUpdate, "agent");
  notRun(patch.multiagent, "agent.multiagent");
  for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt++) {
    const base = await agentAt(c);
    if (base.archived_at !== null)
      throw new ApiError(invalid(`agent ${base.id} is archived and cannot be changed; create another`));
    if (patch.version != null && patch.version !== base.version)
      throw new ApiError(
        conflict(`agent.version: is ${base.version} by now, not ${patch.version}; read the agent again`),
      );
    const definition = mergeDefinition(base, patch, modelCatalog(c.env));
    if (sameDefinition(base, definition)) return c.json(base);
    const updated = await insertAgentVersion(c.env.DB, base, nowMicros(), definition);
    if (updated) return c.json(updated);
  }
  throw new ApiError(conflict("the agent is being changed by others at the same time; try again"));
});

agents.post("/:id/archive", async (c) => {
  const id = known("agent", c.req.param("id"));
  const agent = await archiveAgent(c.env.DB, c.var.workspace, id, nowMicros());
  if (!agent) throw missing("agent", id);
  return c.json(agent);
});

agents.get("/:id/versions", async (c) => {
  const id = known("agent", c.req.param("id"));
  const key = await listKey(c, "versions", id);
  const part = sliceOf(key, unwrap(agentVersionListQuery(paramsOf(c))));
  const page = await listVersions(c.env.DB, c.var.workspace, id, part);
  if (!page) throw missing("agent", id);
  const last = page.items.at(-1);
  const next = page.more && last ? encodeCursor(key, "desc", { t: last.version, id }) : null;
  return c.json({ data: page.items, next_page: next });
});

function notRun(multiagent: unknown, path: string): void {
  if (multiagent) throw new ApiError(invalid(`${path}: not supported by this version of Sinew yet; leave it out`));
}

async function agentAt(c: AppContext, version?: number): Promise<Agent> {
  const id = known("agent", c.req.param("id") ?? "");
  const agent = await findAgent(c.env.DB, c.var.workspace, id, version);
  if (!agent) throw missing(version === undefined ? "agent" : `version ${version} of agent`, id);
  return agent;
}

/** Both list the same fields; only their order may differ. */
function sameDefinition(base: Agent, definition: object): boolean {
  const stored = new Map<string, unknown>(Object.entries(base));
  return Object.entries(definition).every(([key, value]) => JSON.stringify(stored.get(key)) === JSON.stringify(value));
}
