/** One call of each method that this version has, or has in part: through the SDK as it is, with real ids. */
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { freshSession, greeting, MODEL, type Scene } from "./scene.ts";

/** Rejects where the method does not do what it is for. */
export type Call = (scene: Scene) => PromiseLike<unknown>;

const RUNNER_IDLE_MS = 20;

export const PRESENT: Record<string, Call> = {
  "agents.create": ({ client, lab }) => client.beta.agents.create({ name: lab.word("made"), model: MODEL }),
  "agents.retrieve": ({ client, agent }) => client.beta.agents.retrieve(agent),
  "agents.update": ({ client, agent }) => client.beta.agents.update(agent, { description: "Changed." }),
  "agents.list": ({ client }) => client.beta.agents.list({ limit: 1 }),
  "agents.archive": async ({ client, lab }) => client.beta.agents.archive((await lab.agent(client)).id),
  "agents.versions.list": ({ client, agent }) => client.beta.agents.versions.list(agent),
  "environments.create": ({ client, lab }) => client.beta.environments.create({ name: lab.word("made") }),
  "environments.retrieve": ({ client, environment }) => client.beta.environments.retrieve(environment),
  "environments.update": ({ client, environment }) =>
    client.beta.environments.update(environment, { description: "Changed." }),
  "environments.list": ({ client }) => client.beta.environments.list({ limit: 1 }),
  "environments.delete": async ({ client, lab }) => client.beta.environments.delete(await lab.environmentId(client)),
  "environments.archive": async ({ client, lab }) => client.beta.environments.archive(await lab.environmentId(client)),
  "sessions.create": freshSession,
  "sessions.retrieve": ({ client, session }) => client.beta.sessions.retrieve(session),
  "sessions.update": ({ client, session }) => client.beta.sessions.update(session, { title: "Changed." }),
  "sessions.list": ({ client }) => client.beta.sessions.list({ limit: 1 }),
  "sessions.delete": async (scene) => scene.client.beta.sessions.delete(await freshSession(scene)),
  "sessions.archive": async (scene) => scene.client.beta.sessions.archive(await freshSession(scene)),
  "sessions.events.list": ({ client, session }) => client.beta.sessions.events.list(session),
  "sessions.events.send": async (scene) =>
    scene.client.beta.sessions.events.send(await freshSession(scene), { events: [greeting(scene)] }),
  "sessions.events.stream": async (scene) => {
    const id = await freshSession(scene);
    await untilIdle(scene, id, await scene.client.beta.sessions.events.stream(id));
  },
  "sessions.events.toolRunner": toolRunner,
  "sessions.threads.retrieve": ({ client, session, thread }) =>
    client.beta.sessions.threads.retrieve(thread, { session_id: session }),
  "sessions.threads.list": ({ client, session }) => client.beta.sessions.threads.list(session),
  "sessions.threads.events.list": ({ client, session, thread }) =>
    client.beta.sessions.threads.events.list(thread, { session_id: session }),
  "sessions.threads.events.stream": async (scene) => {
    const { threads } = scene.client.beta.sessions;
    const id = await freshSession(scene);
    const [thread] = (await threads.list(id)).data;
    await untilIdle(scene, id, await threads.events.stream(thread?.id ?? "", { session_id: id }));
  },
  "models.retrieve": ({ client }) => client.beta.models.retrieve(MODEL),
  "models.list": ({ client }) => client.beta.models.list(),
};

/** Sends a message and reads the stream until its turn is over. */
async function untilIdle(scene: Scene, id: string, stream: AsyncIterable<{ type: string }>): Promise<void> {
  await scene.client.beta.sessions.events.send(id, { events: [greeting(scene)] });
  for await (const event of stream) if (event.type === "session.status_idle") return;
  throw new Error("the stream ended before the turn");
}

async function toolRunner({ client, lab, environment }: Scene): Promise<void> {
  const input_schema = { type: "object" as const, properties: {} };
  const weather = { name: "weather", description: "The weather.", input_schema };
  const agent = await lab.agent(client, { tools: [{ type: "custom", ...weather }] });
  const { id } = await client.beta.sessions.create({ agent: agent.id, environment_id: environment });
  const tool = betaTool({ ...weather, inputSchema: input_schema, run: () => "Mild." });
  const runner = client.beta.sessions.events.toolRunner(id, { tools: [tool], maxIdleMs: RUNNER_IDLE_MS });
  const text = lab.script(
    { blocks: [{ type: "tool_use", name: "weather", input: {} }] },
    { blocks: [{ type: "text", text: "It is mild." }] },
  );
  await client.beta.sessions.events.send(id, {
    events: [{ type: "user.message", content: [{ type: "text", text }] }],
  });
  let posted = 0;
  for await (const call of runner) if (call.posted) posted += 1;
  if (posted !== 1) throw new Error(`the runner posted ${posted} results`);
}
