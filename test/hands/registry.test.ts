/** Which tools a session's model is offered (spec/core.md §2, §5.1). */
import { expect, test } from "vitest";
import { factsOf, MACHINE_TOOLS, toolTable } from "../../src/hands/registry.ts";
import type { SessionAgent } from "../../src/protocol/agents.ts";

type Entry = SessionAgent["tools"][number];
type Toolset = Extract<Entry, { type: "agent_toolset_20260401" }>;
const settings = (enabled: boolean, type: "always_ask" | "always_allow") => ({ enabled, permission_policy: { type } });
const toolset = (default_config: Toolset["default_config"], configs: Toolset["configs"] = []): Toolset => ({
  type: "agent_toolset_20260401",
  default_config,
  configs,
});
const custom: Extract<Entry, { type: "custom" }> = {
  type: "custom",
  name: "lookup",
  description: "Looks a word up.",
  input_schema: { type: "object", properties: { word: { type: "string" } } },
};

test("the toolset and the client's own tools stand in the agent's order", () => {
  const table = toolTable({ tools: [custom, toolset(settings(true, "always_allow"))] });
  expect([...table.keys()]).toEqual(["lookup", ...MACHINE_TOOLS.map((one) => one.definition.name)]);
  const { type: _, ...definition } = custom;
  expect(table.get("lookup")).toEqual({
    definition,
    hand: "client",
    family: "custom",
    permission: "allow",
    order: "parked",
    events: { use: "agent.custom_tool_use", result: "user.custom_tool_result" },
    deadlineMs: Infinity,
    warms: false,
  });
  expect(table.get("bash")).toEqual({
    definition: MACHINE_TOOLS[0]?.definition,
    hand: "sandbox",
    family: "sandbox",
    permission: "allow",
    order: "serial",
    events: { use: "agent.tool_use", result: "agent.tool_result" },
    deadlineMs: 660_000,
    warms: true,
  });
  expect(factsOf(table, "lookup")).toMatchObject({ hand: "client", order: "parked" });
  expect(factsOf(table, "gone")).toMatchObject({ hand: "sandbox", order: "serial" });
});

test("a tool's own config wins over the default, and what is turned off is left out", () => {
  const bash = { name: "bash" as const, type: "bash" as const, ...settings(true, "always_ask") };
  const table = toolTable({ tools: [toolset(settings(false, "always_allow"), [bash])] });
  expect([...table].map(([name, tool]) => [name, tool.permission])).toEqual([["bash", "ask"]]);
  const without = toolTable({ tools: [toolset(settings(true, "always_allow"), [{ ...bash, enabled: false }])] });
  expect(without.has("bash")).toBe(false);
  expect(without.size).toBe(MACHINE_TOOLS.length - 1);
});
