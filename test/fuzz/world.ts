/** The server under test, and what exists on it for requests to aim at. Plans name things by tokens, so that a seed means the same in every run. */

import { type Server, startServer } from "../support/server.ts";
import type { Reply } from "./http.ts";

/** Planted where the server keeps secrets; no answer and no log line may ever show one. */
export const KEY = "sk-canary-own-5f1d0c";
const OTHER_KEY = "sk-canary-other-9ab7e2";
const MODEL_KEY = "sk-canary-model-41c6d8";
const OPERATOR_KEY = "sk-canary-operator-d07f3c";
export const SECRETS = [KEY, OTHER_KEY, MODEL_KEY, OPERATOR_KEY];

const VARS = {
  API_KEYS: `fuzz:${KEY},other/fuzz:${OTHER_KEY}`,
  OPERATOR_KEYS: `fuzz:${OPERATOR_KEY}`,
  ANTHROPIC_API_KEY: MODEL_KEY,
  // Nobody listens there: a turn with a real model fails at once.
  ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
  RETRY_BASE_MS: "1",
  CORS_ORIGINS: "https://app.example",
};

const HEADERS = {
  "anthropic-version": "2026-10-21",
  "anthropic-beta": "managed-agents-2026-04-01",
  "content-type": "application/json",
};
/** Echoes of large events are longer: they are no objects. */
const MAX_OBJECT_BYTES = 2_000_000;
/** Of each kind of object. */
const SUPPLY = 6;

export type Body = { id: string; [key: string]: unknown };

export class World {
  readonly server: Server;
  readonly #ids = new Map<string, string[]>();
  /** Everything that an answer said exists: ids of agents, environments and sessions. */
  readonly #told = new Set<string>();
  readonly #gone = new Set<string>();
  #words = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(): Promise<World> {
    const world = new World(await startServer({ vars: VARS }));
    try {
      await world.#supply();
    } catch (error) {
      await world.server.stop();
      throw new Error(`${(error as Error).message}; the server said:\n${world.server.output()}`);
    }
    return world;
  }

  get url(): URL {
    return new URL(this.server.url);
  }

  /** Replaces the tokens `@@name:index@@`; `!12x` in one puts an `x` over the character 12 of what it stands for. */
  resolve(text: string): string {
    return text.replaceAll(/@@([\w.]+)(?::(\d+))?((?:!\d+.)*)@@/g, (_, name: string, index: string, edits: string) => {
      const known = this.#ids.get(name) ?? [];
      const value = known[Number(index ?? 0) % Math.max(1, known.length)] ?? this.#made(name);
      return [...edits.matchAll(/!(\d+)(.)/g)].reduce((old, [, at, char]) => {
        const place = Number(at) % old.length;
        return old.slice(0, place) + char + old.slice(place + 1);
      }, value);
    });
  }

  /** Remembers what an answer says was made or deleted. */
  observe({ status, headers, body }: Omit<Reply, "ms">): void {
    const json = headers.get("content-type")?.startsWith("application/json");
    if (status !== 200 || !json || body.length === 0 || body.length > MAX_OBJECT_BYTES) return;
    const value = JSON.parse(body.toString("utf8")) as { type?: string; id?: string };
    if (typeof value.id !== "string") return;
    if (value.type?.endsWith("_deleted")) this.#gone.add(value.id);
    else this.#told.add(value.id);
  }

  /** What answers said was made and not deleted since, and what they said was made at all. */
  get told(): { made: ReadonlySet<string>; alive: ReadonlySet<string> } {
    return { made: this.#told, alive: new Set([...this.#told].filter((id) => !this.#gone.has(id))) };
  }

  /** The ids behind a token's name. */
  ids(name: string): readonly string[] {
    return this.#ids.get(name) ?? [];
  }

  /** A session of its own for a test of whole batches. */
  async session(): Promise<string> {
    const body = { agent: this.resolve("@@agent.kept@@"), environment_id: this.resolve("@@environment.kept@@") };
    return (await this.call("POST", "/v1/sessions", body)).id;
  }

  /** A well-behaved request; throws on a refusal. */
  async call(method: string, path: string, body?: object, key = KEY): Promise<Body> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.server.url}${path}`, {
      method,
      headers: { ...HEADERS, "x-api-key": key },
      ...sent,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    if (method === "POST" && key === KEY)
      this.observe({ status: response.status, headers: new Map(response.headers), body: Buffer.from(text) });
    return JSON.parse(text) as Body;
  }

  async #supply(): Promise<void> {
    const agent = (key?: string) => this.call("POST", "/v1/agents", { name: "Target", model: "rehearsal" }, key);
    const environment = (key?: string) =>
      this.call("POST", "/v1/environments", { name: this.#made("word"), config: { type: "cloud" } }, key);
    const session = async (key?: string) => {
      const [{ id: agentId }, { id: environmentId }] = [await agent(key), await environment(key)];
      return this.call("POST", "/v1/sessions", { agent: agentId, environment_id: environmentId }, key);
    };
    const many = async (name: string, make: () => Promise<Body>) => {
      const made = [];
      for (let i = 0; i < SUPPLY; i++) made.push(await make());
      this.#ids.set(
        name,
        made.map(({ id }) => id),
      );
    };
    await many("agent", agent);
    await many("environment", environment);
    await many("session", session);
    await many("agent.final", agent);
    await many("environment.final", environment);
    await many("session.final", session);
    // For new sessions: no plan changes these two.
    this.#ids.set("agent.kept", [(await agent()).id]);
    this.#ids.set("environment.kept", [(await environment()).id]);
    // Of its own: what follows a session with 31 MB events takes in all of them.
    this.#ids.set("large", [(await session()).id]);
    await many("foreign", () => session(OTHER_KEY));
    this.#ids.set("key", [KEY]);
    this.#ids.set("key.operator", [OPERATOR_KEY]);
    const [first] = this.#ids.get("session") as [string];
    const hello = { type: "user.message", content: [{ type: "text", text: "Hello." }] };
    await this.call("POST", `/v1/sessions/${first}/events`, { events: [hello, hello] });
    await this.#remember("event", `/v1/sessions/${first}/events`);
    // The thread of the session with the same index.
    const threads = await Promise.all(
      (this.#ids.get("session") as string[]).map((id) => this.call("GET", `/v1/sessions/${id}/threads`)),
    );
    this.#ids.set(
      "thread",
      threads.map(({ data }) => (data as [Body])[0].id),
    );
    const pages = ["agents", "environments", "sessions", `sessions/${first}/events`];
    const cursors = await Promise.all(pages.map((list) => this.call("GET", `/v1/${list}?limit=1`)));
    this.#ids.set(
      "cursor",
      cursors.map(({ next_page }) => String(next_page)),
    );
  }

  async #remember(name: string, path: string): Promise<void> {
    const { data } = await this.call("GET", path);
    this.#ids.set(
      name,
      (data as Body[]).map(({ id }) => id),
    );
  }

  #made(name: string): string {
    return name === "word" ? `word${++this.#words}` : name;
  }
}
