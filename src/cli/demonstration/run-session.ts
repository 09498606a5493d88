/** One real session through the official SDK: the steps a program of one's own would take. */
import Anthropic from "@anthropic-ai/sdk";
import type { Terminal } from "../terminal.ts";
import { SYSTEM } from "./task.ts";
import { Transcript, type TurnEnd } from "./transcript.ts";

const NAME = "Sinew demonstration";
/** Milliseconds without any event after which the turn counts as stuck. */
const SILENCE_MS = 180_000;
const MS = 1000;

export interface Job {
  url: string;
  key: string;
  model: string;
  task: string;
  /** What the agent gets as /workspace/`name`. */
  file: { name: string; bytes: Uint8Array };
  verbose: boolean;
}

export interface SessionRun {
  sessionId: string;
  ending: TurnEnd;
}

/** Makes what a session needs, sends the task, shows the turn; resolves when the turn has ended, well or not. */
export async function runSession(job: Job, out: Terminal): Promise<SessionRun> {
  const client = new Anthropic({ baseURL: job.url, apiKey: job.key, authToken: null });
  const environment = await findOrMakeEnvironment(client);
  const agent = await findOrMakeAgent(client, job.model);
  const session = await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id, title: NAME });
  await giveFile(job, session.id);
  out.line(`${out.dim("environment")}  ${environment.id}`);
  out.line(`${out.dim("agent      ")}  ${agent.id}, model ${job.model}`);
  out.line(`${out.dim("session    ")}  ${session.id}`);
  out.line(
    `${out.dim("file       ")}  /workspace/${job.file.name}, ${job.file.bytes.length.toLocaleString("en")} bytes`,
  );
  out.line();
  out.line(out.bold("You"));
  for (const line of job.task.split("\n")) out.line(`  ${line}`);
  out.line();
  out.line(out.bold("Agent"));

  const stream = await client.beta.sessions.events.stream(session.id, { event_deltas: ["agent.message"] });
  const sent = performance.now();
  await client.beta.sessions.events.send(session.id, {
    events: [{ type: "user.message", content: [{ type: "text", text: job.task }] }],
  });
  let firstToken: number | null = null;
  let ending: TurnEnd = { kind: "failed", why: `the session sent nothing for ${SILENCE_MS / MS} seconds` };
  const transcript = new Transcript(out);
  let silence = setTimeout(() => stream.controller.abort(), SILENCE_MS);
  for await (const event of stream) {
    clearTimeout(silence);
    silence = setTimeout(() => stream.controller.abort(), SILENCE_MS);
    if (event.type === "event_delta") firstToken ??= performance.now() - sent;
    if (job.verbose) out.line(out.dim(`  ${JSON.stringify(event)}`));
    const end = transcript.show(event);
    if (end) {
      ending = end;
      break;
    }
  }
  clearTimeout(silence);
  await tellCost(client, session.id, { firstToken, whole: performance.now() - sent }, out);
  return { sessionId: session.id, ending };
}

async function tellCost(
  client: Anthropic,
  sessionId: string,
  times: { firstToken: number | null; whole: number },
  out: Terminal,
): Promise<void> {
  const { usage } = await client.beta.sessions.retrieve(sessionId);
  const { amount, currency } = usage.list_cost ?? { amount: null, currency: null };
  const cost = amount === null ? "no list price" : `list cost ${(Number(amount) / 100).toFixed(2)} ${currency}`;
  const first = times.firstToken === null ? "none seen" : `${Math.round(times.firstToken)} ms`;
  const made = usage.cache_creation;
  const cached = (made?.ephemeral_5m_input_tokens ?? 0) + (made?.ephemeral_1h_input_tokens ?? 0);
  const read = (usage.input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0) + cached;
  const parts = [
    `first token ${first}`,
    `whole turn ${(times.whole / MS).toFixed(1)} s`,
    `${read.toLocaleString("en")} tokens read, ${(usage.output_tokens ?? 0).toLocaleString("en")} written`,
    cost,
  ];
  out.line(out.dim(parts.join(" · ")));
}

/** Names of environments are unique among live ones, so a second run takes the first one's. */
async function findOrMakeEnvironment(client: Anthropic) {
  for await (const environment of client.beta.environments.list()) if (environment.name === NAME) return environment;
  return client.beta.environments.create({
    name: NAME,
    config: { type: "cloud", networking: { type: "unrestricted" } },
  });
}

async function findOrMakeAgent(client: Anthropic, model: string) {
  for await (const agent of client.beta.agents.list()) {
    if (agent.name === NAME && agent.model.id === model && agent.system === SYSTEM) return agent;
  }
  return client.beta.agents.create({ name: NAME, model, system: SYSTEM, tools: [{ type: "agent_toolset_20260401" }] });
}

/** `PUT /x/sessions/{id}/files/…`: Sinew's own way in, while file resources are not there. */
async function giveFile(job: Job, sessionId: string): Promise<void> {
  const path = `/x/sessions/${sessionId}/files/workspace/${encodeURIComponent(job.file.name)}`;
  const response = await fetch(job.url + path, {
    method: "PUT",
    headers: { "x-api-key": job.key, "content-type": "application/octet-stream" },
    body: job.file.bytes as Uint8Array<ArrayBuffer>,
  });
  if (!response.ok) throw new Error(`the file was not taken: ${response.status} ${await response.text()}`);
}
