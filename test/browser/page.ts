/** The program of the test's page: what a web application does with Sinew. It is bundled for the browser; the test calls it as `page`. */
import Anthropic from "@anthropic-ai/sdk";

/** Where Sinew is, and a key that this made-up page holds itself. */
export interface Place {
  url: string;
  key: string;
}

/** What a page saw of a stream. */
export interface Seen {
  /** Of stored events, in order. */
  types: string[];
  /** The pieces of the answer as they came. */
  pieces: string[];
  /** The answer as stored. */
  text: string;
  lastId: string;
}

export type Frame = { type: string; [key: string]: unknown };

interface Shown {
  type: string;
  content?: { text?: string }[];
  delta?: { content?: { text?: string } };
}

async function api<T>({ url, key }: Place, method: string, path: string, body?: unknown): Promise<T> {
  const headers = {
    "x-api-key": key,
    "anthropic-version": "2026-10-21",
    "anthropic-beta": "managed-agents-2026-04-01",
    ...(body === undefined ? {} : { "content-type": "application/json", "idempotency-key": crypto.randomUUID() }),
  };
  const response = await fetch(url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  if (!response.headers.get("request-id")) throw new Error("request-id cannot be read");
  return (await response.json()) as T;
}

const say = (text: string) => ({ events: [{ type: "user.message", content: [{ type: "text", text }] }] });

async function ticket(place: Place, session: string, access = "read_only"): Promise<string> {
  const made = await api<{ ticket: string }>(place, "POST", "/x/tickets", { session_id: session, access });
  return made.ticket;
}

function note(seen: Seen, event: Shown, id: string): void {
  if (event.type === "event_delta") seen.pieces.push(event.delta?.content?.text ?? "");
  if (event.type.startsWith("event_")) return;
  seen.types.push(event.type);
  seen.lastId = id;
  if (event.type === "agent.message") seen.text += event.content?.map((block) => block.text).join("") ?? "";
}

/** One turn by EventSource: a ticket, the stream, a message by fetch, and what came until the session was idle. */
async function turnByEventSource(place: Place, session: string, text: string, after?: string): Promise<Seen> {
  const seen: Seen = { types: [], pieces: [], text: "", lastId: "" };
  const query = new URLSearchParams({ ticket: await ticket(place, session), "event_deltas[]": "agent.message" });
  if (after !== undefined) query.set("after", after);
  const source = new EventSource(`${place.url}/v1/sessions/${session}/events/stream?${query}`);
  await new Promise<void>((resolve, reject) => {
    source.addEventListener("error", () => reject(new Error("the stream broke")));
    source.addEventListener("open", () => {
      api(place, "POST", `/v1/sessions/${session}/events`, say(text)).catch(reject);
    });
    source.addEventListener("message", (message) => {
      const { data, lastEventId } = message as MessageEvent;
      const event = JSON.parse(String(data)) as Shown;
      note(seen, event, lastEventId);
      if (event.type === "session.status_idle") resolve();
    });
  }).finally(() => source.close());
  return seen;
}

/** One turn by WebSocket: the message goes over the socket too. The frames that are neither events nor previews are handed out as they are. */
async function turnBySocket(place: Place, session: string, text: string, access: string) {
  const seen: Seen = { types: [], pieces: [], text: "", lastId: "" };
  const frames: Frame[] = [];
  const query = new URLSearchParams({ ticket: await ticket(place, session, access), deltas: "agent.message" });
  const ws = new WebSocket(`${place.url.replace("http", "ws")}/x/sessions/${session}/socket?${query}`);
  await new Promise<void>((resolve, reject) => {
    ws.addEventListener("close", () => reject(new Error("the socket was refused or lost")));
    ws.addEventListener("message", ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame & { event: Shown };
      if (frame.type === "event" || frame.type === "delta") note(seen, frame.event, String(frame.seq ?? ""));
      else frames.push(frame);
      if (frame.type === "subscribed") ws.send(JSON.stringify({ type: "send", request_id: "one", ...say(text) }));
      if (frame.type === "error" || seen.types.includes("session.status_idle")) resolve();
    });
  }).finally(() => ws.close());
  return { seen, frames };
}

/** The official SDK in the page: everything from the agent to the last event. */
async function turnBySdk({ url, key }: Place, name: string): Promise<string[]> {
  const client = new Anthropic({ baseURL: url, apiKey: key, dangerouslyAllowBrowser: true });
  const environment = await client.beta.environments.create({ name });
  const agent = await client.beta.agents.create({ name, model: "rehearsal" });
  const session = await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id });
  const stream = await client.beta.sessions.events.stream(session.id);
  await client.beta.sessions.events.send(session.id, say("hello") as never);
  const types: string[] = [];
  for await (const event of stream) {
    types.push(event.type);
    if (event.type === "session.status_idle") break;
  }
  return types;
}

/** Each tells how it ends to use a ticket, as the page sees it: in words of the browser's where that hides the answer. */
async function bySource(url: string, session: string, given: string): Promise<string> {
  const source = new EventSource(`${url}/v1/sessions/${session}/events/stream?ticket=${given}`);
  return new Promise<string>((resolve) => {
    source.addEventListener("open", () => resolve("open"));
    source.addEventListener("error", () => resolve(source.readyState === EventSource.CLOSED ? "closed" : "connecting"));
  }).finally(() => source.close());
}

async function bySocket(url: string, session: string, given: string): Promise<string> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/x/sessions/${session}/socket?ticket=${given}`);
  return new Promise<string>((resolve) => {
    ws.addEventListener("open", () => resolve("open"));
    ws.addEventListener("close", ({ code }) => resolve(`closed ${code}`));
  }).finally(() => ws.close());
}

async function byFetch(url: string, session: string, given: string): Promise<string> {
  const answer = await fetch(`${url}/v1/sessions/${session}/events/stream?ticket=${given}`).catch(String);
  return typeof answer === "string" ? answer : `${answer.status} ${await answer.text()}`;
}

export const program = { api, ticket, turnByEventSource, turnBySocket, turnBySdk, bySource, bySocket, byFetch };
(globalThis as { page?: typeof program }).page = program;
