/** `/v1/agents` (spec/core.md §2). */
import { Hono } from "hono";
import { archiveAgent, listAgents, listVersions } from "../catalog/agents.ts";
import { AgentCreate, AgentUpdate } from "../protocol/agents.ts";
import { agentGetQuery, agentListQuery, agentVersionListQuery } from "../protocol/queries.ts";
import { agentOf, createAgent, updateAgent } from "../services/write-agent.ts";
import { missing, unwrap } from "./answer.ts";
import { readJson } from "./body.ts";
import { type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { encodeCursor, listKey } from "./cursor.ts";
import { known } from "./ids.ts";
import { forward, sliceOf } from "./lists.ts";
import { plain } from "./plain.ts";
import { callerOf, platformOf } from "./platform.ts";

export const agents = new Hono<AppEnv>();

agents.post("/", plain, async (c) => {
  const params = await readJson(c.req.raw, AgentCreate);
  return c.json(await createAgent(platformOf(c), callerOf(c), params));
});

agents.get("/", async (c) => {
  const query = unwrap(agentListQuery(paramsOf(c)));
  const key = await listKey(c, "agents");
  const part = sliceOf(key, query);
  const page = await listAgents(c.env.DB, c.var.workspace, part, query.include_archived);
  return c.json(forward(key, part, page));
});

agents.get("/:id", async (c) => {
  const { version } = unwrap(agentGetQuery(paramsOf(c)));
  return c.json(await agentOf(platformOf(c), callerOf(c), known("agent", c.req.param("id")), version));
});

agents.post("/:id", plain, async (c) => {
  const id = known("agent", c.req.param("id"));
  const patch = await readJson(c.req.raw, AgentUpdate, "agent");
  return c.json(await updateAgent(platformOf(c), callerOf(c), id, patch));
});

agents.post("/:id/archive", plain, async (c) => {
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
