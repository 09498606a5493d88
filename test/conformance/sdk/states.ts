/** Sessions in each state of the status table (spec/core.md §4.3), made through the SDK. */
import type Anthropic from "@anthropic-ai/sdk";
import { type Answer, say } from "../../support/model-server/answer.ts";
import type { Lab } from "./lab.ts";
import { message, open, type Reader, send } from "./reader.ts";

/** A session in its state, with a stream open on it. */
export interface Standing {
  lab: Lab;
  id: string;
  reader: Reader;
  /** The open calls, where the state has some; elsewhere ids that name nothing. */
  ask: string;
  custom: string;
}

const TOOLS = [
  {
    type: "agent_toolset_20260401" as const,
    configs: [{ name: "glob" as const, permission_policy: { type: "always_ask" as const } }],
  },
  { type: "custom" as const, name: "weather", description: "Looks it up.", input_schema: { type: "object" as const } },
];
const use = (name: string, input: object = {}) => ({ type: "tool_use" as const, name, input: { ...input } });
const OVERFLOW = { kind: "status" as const, status: 400, message: "prompt is too long: 2000000 tokens > 1000000" };
/** What the model says when a cell of the table makes it speak. */
const NEXT = say("Done.");

type Make = (lab: Lab, client: Anthropic) => Promise<Standing>;

/** A session that got one message, and has come to `until` `times` times. */
function after(
  until: "session.status_idle" | "session.status_terminated" | "session.status_rescheduled" | "span.model_request_end",
  ...script: Answer[]
): Make {
  return async (lab, client) => {
    const standing = await fresh(lab, client);
    await send(client, standing.id, message(lab.script(...script, NEXT, NEXT)));
    await standing.reader.nth(until);
    const of = (type: "agent.tool_use" | "agent.custom_tool_use") => standing.reader.of(type).at(-1)?.id ?? "sevt_none";
    return { ...standing, ask: of("agent.tool_use"), custom: of("agent.custom_tool_use") };
  };
}

async function fresh(lab: Lab, client: Anthropic): Promise<Standing> {
  const { id } = await lab.session(client, { tools: TOOLS });
  return { lab, id, reader: await open(client, id), ask: "sevt_none", custom: "sevt_none" };
}

/** The model has been asked and is silent. */
async function held(lab: Lab, client: Anthropic): Promise<Standing> {
  const standing = await fresh(lab, client);
  const text = lab.script({ ...NEXT, hold: "before_headers" }, NEXT);
  await send(client, standing.id, message(text));
  await lab.model.held();
  return standing;
}

async function archived(lab: Lab, client: Anthropic): Promise<Standing> {
  const standing = await after("session.status_idle", NEXT)(lab, client);
  await client.beta.sessions.archive(standing.id);
  return standing;
}

export const STATES = {
  "never run": fresh,
  end_turn: after("session.status_idle", NEXT),
  retries_exhausted: after("session.status_idle", { ...NEXT, fault: { kind: "status", status: 500 }, times: 5 }),
  refusal: after("session.status_idle", { blocks: [], stop_reason: "refusal" }),
  "running, the model is asked": held,
  "running, a tool works": after("span.model_request_end", {
    blocks: [use("weather"), use("bash", { command: "sleep 60" })],
  }),
  /** Only where the wait before the next attempt is longer than a test. */
  rescheduling: after("session.status_rescheduled", { ...NEXT, fault: { kind: "status", status: 529 }, times: 1 }),
  requires_action: after("session.status_idle", { blocks: [use("glob", { pattern: "*" }), use("weather")] }),
  archived,
  terminated: after("session.status_terminated", { ...NEXT, fault: OVERFLOW }),
} satisfies Record<string, Make>;

export type StateName = keyof typeof STATES;
