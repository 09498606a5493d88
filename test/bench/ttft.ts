/**
 * Added time to the first token: from the POST of a message to the first delta on an open stream, beside the same question asked of the same model
 * server directly. Both in one run, interleaved. `node test/bench/ttft.ts [turns]`
 */
import { performance } from "node:perf_hooks";
import Anthropic from "@anthropic-ai/sdk";
import { say } from "../support/model-server/answer.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { prepareServer, startServer } from "../support/server.ts";

const TURNS = Number(process.argv[2] ?? 200);
const WARM_UP = 20;
const MODEL = "claude-opus-5-5";

const model = await startModelServer({ default: say("one two three") });
await prepareServer();
const server = await startServer({ modelUrl: model.url });
const runtime = new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0 });
const direct = new Anthropic({ baseURL: model.url, apiKey: "sk-model", maxRetries: 0 });

async function askDirectly(): Promise<number> {
  const start = performance.now();
  const stream = await direct.messages.create({
    model: MODEL,
    max_tokens: 1000,
    stream: true,
    messages: [{ role: "user", content: "Go on." }],
  });
  let first = 0;
  for await (const event of stream) if (event.type === "content_block_delta") first ||= performance.now() - start;
  return first;
}

async function newSession(): Promise<string> {
  const environment = await runtime.beta.environments.create({ name: `bench ${crypto.randomUUID()}` });
  const agent = await runtime.beta.agents.create({ name: "bench", model: MODEL });
  return (await runtime.beta.sessions.create({ agent: agent.id, environment_id: environment.id })).id;
}

/** Opens the stream first, as a client that wants every token does. */
async function openTurns(session: string): Promise<() => Promise<number>> {
  const stream = await runtime.beta.sessions.events.stream(session, { event_deltas: ["agent.message"] });
  const frames = stream[Symbol.asyncIterator]();
  return async () => {
    const start = performance.now();
    let first = 0;
    const sent = runtime.beta.sessions.events.send(session, {
      events: [{ type: "user.message", content: [{ type: "text", text: "Go on." }] }],
    });
    for (;;) {
      const { value } = await frames.next();
      if (value.type === "event_delta") first ||= performance.now() - start;
      if (value.type === "session.status_idle") break;
    }
    await sent;
    return first;
  };
}

function line(name: string, times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] as number).toFixed(2).padStart(8);
  return `${name.padEnd(34)} p50 ${at(0.5)} ms   p95 ${at(0.95)} ms   n ${sorted.length}`;
}

const warm = await openTurns(await newSession());
for (let i = 0; i < WARM_UP; i++) {
  await askDirectly();
  await warm();
}
const [floor, ours, fresh]: [number[], number[], number[]] = [[], [], []];
let turn = warm;
for (let i = 0; i < TURNS; i++) {
  // A long conversation makes the fake's own work grow: a fresh one every twenty turns keeps both sides alike.
  if (i % 20 === 0) turn = await openTurns(await newSession());
  floor.push(await askDirectly());
  (i % 20 === 0 ? fresh : ours).push(await turn());
}
console.log(line("model server, asked directly", floor));
console.log(line("Sinew, a session that has run", ours));
console.log(line("Sinew, first turn of a session", fresh));
const median = (times: number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] as number;
console.log(`added at the median: ${(median(ours) - median(floor)).toFixed(2)} ms`);
await server.stop();
await model.close();
process.exit(0);
