/**
 * What the hands can do, each fact once: the built-in tools, the kinds of hands with the events that show their uses and results, and the tools
 * that a session's model is offered. A built-in tool is a file in `tools/` and its line in MACHINE_TOOLS; a kind of hand a file and its entry in HANDS.
 */
import type { CallOrder } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Call, Hand } from "./hand.ts";
import type { Provision } from "./machine.ts";
import { type SandboxNamespace, sandboxHand } from "./sandbox/client.ts";
import { bash } from "./tools/bash.ts";
import { edit } from "./tools/edit.ts";
import { glob } from "./tools/glob.ts";
import { grep } from "./tools/grep.ts";
import { read } from "./tools/read.ts";
import type { MachineTool, ToolDefinition } from "./tools/tool.ts";
import { write } from "./tools/write.ts";

/** The tools of a machine, in the order in which the model is told of them: changing it changes every prompt. */
export const MACHINE_TOOLS: readonly MachineTool[] = [bash, read, write, edit, glob, grep];

/** What the brain needs to know of a kind of hand to run its calls. */
export interface HandFacts {
  /** How the reduced state calls them (`log/state.ts`). */
  family: "sandbox" | "custom";
  order: CallOrder;
  /** The events that show a use and its result. */
  events: { use: string; result: string };
  /** Milliseconds until the outcome of a call counts as unknown: above every tool's own limit, and Infinity where it is waited for. */
  deadlineMs: number;
  /** Whether there is something to start while the model still writes the call. */
  warms: boolean;
}

/** What the hands of a session are made of. */
export interface HandWorld {
  sessionId: string;
  provision: Provision;
  sandboxes: SandboxNamespace;
}

interface HandEntry extends HandFacts {
  /** Null where nothing is executed. */
  open: ((world: HandWorld) => Hand) | null;
}

export const HANDS = {
  sandbox: {
    family: "sandbox",
    order: "serial",
    events: { use: "agent.tool_use", result: "agent.tool_result" },
    deadlineMs: 660_000,
    warms: true,
    open: ({ sandboxes, sessionId, provision }) => sandboxHand(sandboxes, sessionId, provision),
  },
  client: {
    family: "custom",
    order: "parked",
    events: { use: "agent.custom_tool_use", result: "user.custom_tool_result" },
    deadlineMs: Infinity,
    warms: false,
    open: null,
  },
} satisfies Record<string, HandEntry>;
export type HandKind = keyof typeof HANDS;

/** A tool that a session's model is offered, with the facts of its hand. */
export interface OfferedTool extends HandFacts {
  definition: ToolDefinition;
  hand: HandKind;
  /** `ask`: a person confirms each call first. */
  permission: "allow" | "ask";
}

export function offer(
  hand: HandKind,
  definition: ToolDefinition,
  permission: OfferedTool["permission"] = "allow",
): OfferedTool {
  const { open: _, ...facts } = HANDS[hand];
  return { definition, hand, permission, ...facts };
}

/**
 * The tools that a session's model is offered, in the agent's own order, by name. The toolset's two web tools are not among them until they
 * exist; a tool that the agent turned off is left out, so that a call of it is refused like any unknown name (spec/core.md §2, §5.1).
 */
export function toolTable(agent: Pick<SessionAgent, "tools">): Map<string, OfferedTool> {
  const table = new Map<string, OfferedTool>();
  for (const entry of agent.tools) {
    if (entry.type === "custom") {
      const { name, description, input_schema } = entry;
      table.set(name, offer("client", { name, description, input_schema }));
    } else if (entry.type === "agent_toolset_20260401") {
      for (const { definition } of MACHINE_TOOLS) {
        const config = entry.configs.find((one) => one.name === definition.name) ?? entry.default_config;
        const permission = config.permission_policy.type === "always_ask" ? "ask" : "allow";
        if (config.enabled) table.set(definition.name, offer("sandbox", definition, permission));
      }
    }
  }
  return table;
}

/** The facts of a call by its tool's name. One of a tool that is offered no more is still the sandbox's. */
export function factsOf(tools: ReadonlyMap<string, OfferedTool>, name: string): HandFacts & { hand: HandKind } {
  return tools.get(name) ?? { hand: "sandbox", ...HANDS.sandbox };
}

/** The hands of a session as one: a call goes to the hand of its kind, every other word to all of them. */
export function openHands(world: HandWorld): Hand {
  const kinds: [string, HandEntry][] = Object.entries(HANDS);
  const hands = new Map(kinds.flatMap(([kind, { open }]) => (open === null ? [] : [[kind, open(world)]])));
  const of = ({ hand: kind }: Call): Hand => {
    const hand = hands.get(kind);
    if (hand === undefined) throw new Error(`calls of ${kind} are not executed`);
    return hand;
  };
  const all = async (word: (hand: Hand) => Promise<void>) => {
    await Promise.all([...hands.values()].map(word));
  };
  return {
    warm: (epoch) => all((hand) => hand.warm(epoch)),
    execute: async (call) => of(call).execute(call),
    cancel: (key, epoch) => all((hand) => hand.cancel(key, epoch)),
    remove: () => all((hand) => hand.remove()),
  };
}
