/** What is played once undisturbed and then once per write boundary. Each step waits for what it needs; nothing is timed. */
import type Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsAgentToolset20260401Params as Toolset } from "@anthropic-ai/sdk/resources/beta/agents/agents";
import type { Answer } from "../support/model-server/answer.ts";
import type { Event } from "./play.ts";

/** What a scenario is played on: workerd (play.ts) or the simulator (simulated.ts). */
export interface Stage {
  /** The scenario's message; another text with answers of its own for a later turn. */
  say(text?: string, answers?: Answer[]): Promise<void>;
  send(event: Sent): Promise<void>;
  /** Until the n-th idle for that reason. */
  idle(n: number, reason?: string): Promise<Event>;
  /** The calls that the n-th wait is for. */
  asked(n: number): Promise<string[]>;
  /** Until n requests have reached the model server. */
  requested(n: number): Promise<void>;
  /** Until the catalog has been told of the turn, so that of its alarms only the watchdog is left. */
  told(): Promise<void>;
  /** Held answers come, now and if they are asked for again. */
  release(): Promise<void>;
  archive(): Promise<void>;
  remove(): Promise<void>;
}

export type Sent = Anthropic.Beta.Sessions.BetaManagedAgentsEventParams;

export interface Scenario {
  name: string;
  tools: object[];
  answers: Answer[];
  /** Events that come with the session. */
  initial?: boolean;
  steps(play: Stage): Promise<void>;
}

const toolset = (type: "always_allow" | "always_ask") =>
  ({ type: "agent_toolset_20260401", default_config: { permission_policy: { type } } }) as Toolset;
const ASK_USER = {
  type: "custom",
  name: "ask_user",
  description: "Asks.",
  input_schema: { type: "object", properties: {} },
};
const text = (value: string): Answer => ({ blocks: [{ type: "text", text: value }] });
/** A real command with a side effect that can be counted. */
const bash = (mark: string): Answer["blocks"][number] => ({
  type: "tool_use",
  name: "bash",
  input: { command: `echo ${mark} >> /workspace/journal; echo did ${mark}` },
});

export const SCENARIOS: Scenario[] = [
  {
    name: "a plain turn",
    tools: [],
    answers: [text("Hello.")],
    steps: async (play) => {
      await play.say();
      await play.idle(1);
    },
  },
  {
    name: "a session that comes with its first message",
    tools: [],
    answers: [text("Hello.")],
    initial: true,
    steps: async (play) => {
      await play.idle(1);
    },
  },
  {
    name: "two rounds of tools",
    tools: [toolset("always_allow")],
    answers: [
      { blocks: [{ type: "text", text: "First." }, bash("m1"), bash("m2")] },
      { blocks: [bash("m3")] },
      text("Done."),
    ],
    steps: async (play) => {
      await play.say();
      await play.idle(1);
    },
  },
  {
    name: "a call that a person allows and one that a person denies",
    tools: [toolset("always_ask")],
    answers: [{ blocks: [bash("m1"), bash("m2")] }, text("Done.")],
    steps: async (play) => {
      await play.say();
      const [first = "", second = ""] = await play.asked(1);
      await play.send({ type: "user.tool_confirmation", tool_use_id: second, result: "deny" });
      await play.send({ type: "user.tool_confirmation", tool_use_id: first, result: "allow" });
      await play.idle(1, "end_turn");
    },
  },
  {
    name: "a custom tool",
    tools: [ASK_USER],
    answers: [{ blocks: [{ type: "tool_use", name: "ask_user", input: {} }] }, text("Done.")],
    steps: async (play) => {
      await play.say();
      const [call = ""] = await play.asked(1);
      await play.send({
        type: "user.custom_tool_result",
        custom_tool_use_id: call,
        content: [{ type: "text", text: "yes" }],
      });
      await play.idle(1, "end_turn");
    },
  },
  {
    name: "an interrupt while the model answers, and a message after it",
    tools: [],
    answers: [{ ...text("Never seen."), hold: "before_headers" }],
    steps: async (play) => {
      await play.say();
      await play.requested(1);
      await play.send({ type: "user.interrupt" });
      await play.idle(1);
      await play.say("Go on.", [text("Hello.")]);
      await play.idle(2);
    },
  },
  {
    name: "a message that waits for the one before it",
    tools: [],
    answers: [{ ...text("One."), hold: "before_headers" }, text("Two.")],
    steps: async (play) => {
      await play.say();
      await play.requested(1);
      await play.send({ type: "user.message", content: [{ type: "text", text: "And this." }] });
      await play.told();
      await play.release();
      await play.idle(1);
    },
  },
  {
    name: "an archived session",
    tools: [],
    answers: [text("Hello.")],
    steps: async (play) => {
      await play.say();
      await play.idle(1);
      await play.told();
      await play.archive();
    },
  },
  {
    name: "a deleted session",
    tools: [toolset("always_allow")],
    answers: [{ blocks: [bash("m1")] }, text("Done.")],
    steps: async (play) => {
      await play.say();
      await play.idle(1);
      await play.told();
      await play.remove();
    },
  },
];
