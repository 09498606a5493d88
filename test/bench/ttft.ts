/**
 * Added time to the first token: from the POST of a message to the first delta on an open stream, beside the same question asked of the same model
 * server directly. All in one run, interleaved: also with a D1 that answers 30 ms late, or never, and from a Worker that has heard nothing of the
 * workspace, as an isolate that has just started. `node test/bench/ttft.ts [turns]`
 */
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import Anthropic from "@anthropic-ai/sdk";
import { buildHost } from "../support/host.ts";
import { say } from "../support/model-server/answer.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { startServer } from "../support/server.ts";
import { DELAY_MS, type Pace } from "../support/slow-d1.ts";

const TURNS = Number(process.argv[2] ?? 200);
const WARM_UP = 20;
/** Turns of one session: a long conversation makes the fake's own work grow. */
const SESSION_TURNS = 20;
const PACES: Record<Pace, string> = { normal: "D1 as it is", delayed: `D1 ${DELAY_MS} ms late`, hanging: "D1 hanging" };
const MODEL = "claude-opus-5-5";

const model = await startModelServer({ default: say("one two three") });
const { built } = await buildHost(resolve(import.meta.dirname, "../support/slow-d1-host.ts"));
const server = await startServer({ built, modelUrl: model.url });
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
const d1 = (word: Pace | "forget") => fetch(`${server.url}/d1/${word}`, { method: "POST" });
const floor: number[] = [];
const times: Record<string, number[]> = {};
const timed = async (name: string, turn: () => Promise<number>) => {
  times[name] ??= [];
  times[name].push(await turn());
};
let turn = warm;
for (let i = 0; i < TURNS; i++) {
  floor.push(await askDirectly());
  if (i % SESSION_TURNS === 0) {
    turn = await openTurns(await newSession());
    await timed("first turn of a session", turn);
    continue;
  }
  for (const pace of Object.keys(PACES) as Pace[]) {
    await d1(pace);
    await timed(PACES[pace], turn);
    await d1("forget");
    await timed(`${PACES[pace]}, unheard`, turn);
  }
  await d1("normal");
}
const median = (sample: number[]) => sample.toSorted((a, b) => a - b)[Math.floor(sample.length / 2)] as number;
console.log(line("model server, asked directly", floor));
for (const [name, sample] of Object.entries(times)) console.log(line(`Sinew, ${name}`, sample));
for (const [name, sample] of Object.entries(times))
  console.log(`added at the median, ${name}: ${(median(sample) - median(floor)).toFixed(2)} ms`);
await server.stop();
await model.close();
process.exit(0);
