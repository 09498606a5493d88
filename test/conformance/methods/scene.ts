/** What the calls of the table stand on: ids of things that exist, made by the SDK itself. */
import type Anthropic from "@anthropic-ai/sdk";
import { say } from "../../support/model-server/answer.ts";
import { type Lab, MODEL } from "../sdk/lab.ts";

export interface Scene {
  lab: Lab;
  client: Anthropic;
  agent: string;
  environment: string;
  session: string;
  thread: string;
}

export async function makeScene(lab: Lab): Promise<Scene> {
  const client = lab.client();
  const environment = await lab.environmentId(client);
  const agent = (await lab.agent(client, { tools: [{ type: "agent_toolset_20260401" }] })).id;
  const session = (await client.beta.sessions.create({ agent, environment_id: environment })).id;
  const thread = (await client.beta.sessions.threads.list(session)).data[0]?.id ?? "";
  return { lab, client, agent, environment, session, thread };
}

/** A new session whose turn is over, so that it can be archived and deleted. */
export async function freshSession({ client, agent, environment }: Scene): Promise<string> {
  return (await client.beta.sessions.create({ agent, environment_id: environment })).id;
}

/** A message that begins a scripted turn of one sentence. */
export function greeting({ lab }: Scene) {
  return { type: "user.message" as const, content: [{ type: "text" as const, text: lab.script(say("Good day.")) }] };
}

export { MODEL };
