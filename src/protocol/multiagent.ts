/** How an agent works with others: as sent and as stored on the agent (spec/core.md §2). The session's own form is in `agents.ts`. */
import { z } from "zod";
import { NonEmpty } from "./fields.ts";
import { ModelId } from "./model-config.ts";

/** Agents in one roster or `predefined_agents` list. */
export const MAX_ROSTER = 20;

const Enabled = z.strictObject({ type: z.literal("enabled") });
const Disabled = z.strictObject({ type: z.literal("disabled") });
const OnOff = z.discriminatedUnion("type", [Enabled, Disabled]);
const Advisor = z.discriminatedUnion("type", [Enabled.extend({ model: ModelId }), Disabled]);

/** An agent by id, latest version unless one is named. */
export const AgentRefParams = z.strictObject({
  type: z.literal("agent"),
  id: NonEmpty,
  version: z.int().min(1).optional(),
});
const Self = z.strictObject({ type: z.literal("self") });

/** Roster entry for a model that the primary thread may consult. */
export const AdvisorEntry = z.strictObject({ type: z.literal("advisor"), model: ModelId });

/** One entry per agent: a string and a reference to the same id are the same agent. */
const distinct = (entries: (string | { type: string; id?: string })[]) => {
  const keys = entries.map((entry) => (typeof entry === "string" ? entry : (entry.id ?? entry.type)));
  return new Set(keys).size === keys.length;
};
export const DISTINCT = "must not name an agent twice, and self or advisor once at most";

const PredefinedParams = z.array(z.union([NonEmpty, z.discriminatedUnion("type", [AgentRefParams, Self])]));
const GroupParams = z.discriminatedUnion("type", [
  Enabled.extend({
    inline_agents: OnOff.nullish(),
    predefined_agents: PredefinedParams.max(MAX_ROSTER, `must have at most ${MAX_ROSTER} entries`)
      .refine(distinct, DISTINCT)
      .nullish(),
  }),
  Disabled,
]);
export type GroupParams = z.infer<typeof GroupParams>;

/** Rules about the agents it names, and about what results from a merge, need the stored agents: `services/resolve-callable-agents.ts`. */
export const MultiagentParams = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("coordinator"),
    agents: z
      .array(z.union([NonEmpty, z.discriminatedUnion("type", [AgentRefParams, Self, AdvisorEntry])]))
      .min(1, "must name at least one agent")
      .max(MAX_ROSTER, `must have at most ${MAX_ROSTER} entries`)
      .refine(distinct, DISTINCT),
  }),
  z.strictObject({
    type: z.literal("multiagent_20261001"),
    advisor: Advisor.nullish(),
    subagents: GroupParams.nullish(),
    workflows: GroupParams.nullish(),
  }),
]);
export type MultiagentParams = z.infer<typeof MultiagentParams>;

const AgentRef = z.object({ type: z.literal("agent"), id: z.string(), version: z.int() });

/** The resolved form; `member` is what stands for an agent in it: a reference on agents, the whole definition on sessions. */
export function multiagent<M extends z.core.$ZodTypeDiscriminable>(member: M) {
  const group = z.discriminatedUnion("type", [
    z.object({ type: z.literal("enabled"), inline_agents: OnOff, predefined_agents: z.array(member) }),
    Disabled,
  ]);
  return z.discriminatedUnion("type", [
    z.object({ type: z.literal("coordinator"), agents: z.array(z.discriminatedUnion("type", [member, AdvisorEntry])) }),
    z.object({ type: z.literal("multiagent_20261001"), advisor: Advisor, subagents: group, workflows: group }),
  ]);
}

export const Multiagent = multiagent(AgentRef);
export type Multiagent = z.infer<typeof Multiagent>;
