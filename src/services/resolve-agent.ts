/** From what a client sent to what is stored and echoed: defaults filled in, patches merged (spec/core.md §2, §4.2). */
import { type AgentDefinition, findAgent } from "../catalog/agents.ts";
import type { Agent, AgentCreate, AgentUpdate, AgentWithOverrides, SessionAgent } from "../protocol/agents.ts";
import { checkedDefinition, sized } from "../protocol/definition.ts";
import { ApiError, invalid, missing } from "../protocol/errors.ts";
import { parseId } from "../protocol/ids.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import type { ModelConfig, ModelParam } from "../protocol/model-config.ts";
import type { Multiagent } from "../protocol/multiagent.ts";
import type { SessionCreate } from "../protocol/sessions.ts";
import type { Skill, SkillParams } from "../protocol/skills.ts";
import { refuseUnsupported, unsupportedAgent } from "../protocol/unsupported.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import type { Caller, Platform } from "./platform.ts";
import { resolveTool } from "./resolve-tools.ts";

/** A skill's version when none is named. */
const LATEST = "latest";

const GEOS = ["us", "global"];

/** A definition but for its roster, which needs other agents (`resolve-callable-agents.ts`). */
export type PlainDefinition = Omit<AgentDefinition, "multiagent">;

export function newDefinition(params: AgentCreate, models: ModelCatalog): PlainDefinition {
  return sized(
    {
      name: params.name,
      description: params.description || null,
      model: resolveModel(params.model, models, "model"),
      system: params.system || null,
      tools: (params.tools ?? []).map(resolveTool),
      mcp_servers: params.mcp_servers ?? [],
      skills: resolveSkills(params.skills ?? [], "skills"),
      metadata: params.metadata ?? {},
      execution_identity: params.execution_identity ?? { type: "service_account" },
    },
    "agent",
  );
}

/**
 * An omitted field keeps its value; arrays are replaced whole; an empty text clears like null; metadata is merged by key. Gives the same JSON text
 * when nothing changes.
 */
export function mergeDefinition(base: Agent, patch: AgentUpdate, models: ModelCatalog): PlainDefinition {
  const keep = <T>(sent: T | undefined, stored: NoInfer<T>): T => (sent === undefined ? stored : sent);
  return checkedDefinition(
    {
      name: patch.name ?? base.name,
      description: keep(patch.description, base.description) || null,
      model: patch.model === undefined ? base.model : resolveModel(patch.model, models, "agent.model", base.model),
      system: keep(patch.system, base.system) || null,
      tools: patch.tools === undefined ? base.tools : (patch.tools ?? []).map(resolveTool),
      mcp_servers: patch.mcp_servers === undefined ? base.mcp_servers : (patch.mcp_servers ?? []),
      skills: patch.skills === undefined ? base.skills : resolveSkills(patch.skills ?? [], "agent.skills"),
      metadata: mergeMetadata(base.metadata, patch.metadata ?? {}, "agent.metadata"),
      execution_identity:
        patch.execution_identity === undefined
          ? base.execution_identity
          : (patch.execution_identity ?? { type: "service_account" }),
    },
    "agent",
  );
}

/** What a new session runs of the agent that it names: the agent as it is now, for good. Throws a 404, or a 400 for one that cannot run. */
export async function snapshotAgent(
  { db, models }: Pick<Platform, "db" | "models">,
  { workspace }: Caller,
  sent: SessionCreate["agent"],
): Promise<SessionAgent> {
  const reference = typeof sent === "string" ? { type: "agent" as const, id: sent } : sent;
  const id = parseId("agent", reference.id);
  const agent = await findAgent(db, workspace, id, reference.version);
  if (!agent) throw missing(reference.version === undefined ? "agent" : `version ${reference.version} of agent`, id);
  if (agent.archived_at !== null) throw new ApiError(invalid(`agent: ${id} is archived; use another agent`));
  const resolved = sessionAgent(agent, reference.type === "agent_with_overrides" ? reference : null, models);
  refuseUnsupported(unsupportedAgent({ ...resolved, multiagent: agent.multiagent }));
  return resolved;
}

/** The snapshot that a session runs: id and version stay those of the base agent. An effort in an override is ignored, and the agent's is lost. */
function sessionAgent(agent: Agent, overrides: AgentWithOverrides | null, models: ModelCatalog): SessionAgent {
  const given: Partial<AgentWithOverrides> = overrides ?? {};
  return checkedDefinition(
    {
      type: "agent",
      id: agent.id,
      version: agent.version,
      name: agent.name,
      description: agent.description,
      model: given.model ? resolveModel(bare(given.model), models, "agent.model") : agent.model,
      system: given.system === undefined ? agent.system : given.system || null,
      tools: given.tools === undefined ? agent.tools : (given.tools ?? []).map(resolveTool),
      mcp_servers: given.mcp_servers === undefined ? agent.mcp_servers : (given.mcp_servers ?? []),
      skills: given.skills === undefined ? agent.skills : resolveSkills(given.skills ?? [], "agent.skills"),
      execution_identity: agent.execution_identity,
      multiagent: agent.multiagent && switchedOff(agent.multiagent),
    },
    "agent",
  );
}

/**
 * An omitted version is the literal `latest`. No custom skill exists in this version, so a reference to one resolves to nothing, which is a 400 at
 * the write; an Anthropic one is not checked (spec/core.md §2).
 */
function resolveSkills(sent: SkillParams[], path: string): Skill[] {
  return sent.map((skill, i) => {
    if (skill.type === "custom")
      throw new ApiError(
        invalid(`${path}.${i}.custom.skill_id: there is no such skill; this version of Sinew has no custom skills yet`),
      );
    return { type: skill.type, skill_id: skill.skill_id, version: skill.version ?? LATEST };
  });
}

/** The only roster that a session of this version can have (`unsupported.ts`); of the others nothing is left here. */
function switchedOff(stored: Multiagent): SessionAgent["multiagent"] {
  if (stored.type === "coordinator" || stored.subagents.type === "enabled" || stored.workflows.type === "enabled")
    return null;
  const { type, advisor, subagents, workflows } = stored;
  return { type, advisor, subagents, workflows };
}

/** Without its effort. */
const bare = ({ effort: _, ...model }: ModelParam): ModelParam => model;

/** `stored` is the model before an update: the same id without an effort keeps its effort. Everything else is replaced. */
function resolveModel(sent: ModelParam, models: ModelCatalog, path: string, stored?: ModelConfig): ModelConfig {
  const refuse = (field: string, message: string) => new ApiError(invalid(`${path}.${field}: ${message}`));
  const { id, inference_geo: geo } = sent;
  const known = models.find(id);
  const quoted = JSON.stringify(id.slice(0, 80));
  if (!known) throw refuse("id", `no model ${quoted} is known here; GET /v1/models lists them`);
  const effort = sent.effort?.type;
  if (effort && !known.effort?.levels.includes(effort))
    throw refuse(
      "effort",
      known.effort ? `${id} takes ${known.effort.levels.join(", ")}` : `${id} takes none; leave it out`,
    );
  if (sent.speed === "fast" && !known.fast)
    throw refuse("speed", `${id} has no fast mode; send standard or leave it out`);
  if (geo != null && !GEOS.includes(geo)) throw refuse("inference_geo", `must be ${GEOS.join(" or ")}`);
  const kept = stored?.id === id ? stored.effort?.type : undefined;
  return {
    id,
    ...(known.effort ? { effort: { type: effort ?? kept ?? known.effort.default } } : {}),
    ...(geo == null ? {} : { inference_geo: geo }),
    speed: sent.speed ?? "standard",
  };
}
