import { TOOL_DEFINITIONS } from "../hands/tools/definitions.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { ToolDefinition } from "./prompt/request.ts";

export interface Tool {
  definition: ToolDefinition;
  /** `sandbox`: one of ours, run by a hand. `custom`: the client answers. */
  family: "sandbox" | "custom";
  /** `ask`: a person confirms each call first. */
  permission: "allow" | "ask";
}

/**
 * The tools that a session's model is offered, in the agent's own order, by name. The toolset's two web tools are not among them until they
 * exist; a tool that the agent turned off is left out, so that a call of it is refused like any unknown name (spec/core.md §2, §5.1).
 */
export function toolTable(agent: Pick<SessionAgent, "tools">): Map<string, Tool> {
  const table = new Map<string, Tool>();
  for (const entry of agent.tools) {
    if (entry.type === "custom") {
      const { name, description, input_schema } = entry;
      table.set(name, { definition: { name, description, input_schema }, family: "custom", permission: "allow" });
    } else if (entry.type === "agent_toolset_20260401") {
      for (const definition of TOOL_DEFINITIONS) {
        const config = entry.configs.find((one) => one.name === definition.name) ?? entry.default_config;
        const permission = config.permission_policy.type === "always_ask" ? "ask" : "allow";
        if (config.enabled) table.set(definition.name, { definition, family: "sandbox", permission });
      }
    }
  }
  return table;
}
