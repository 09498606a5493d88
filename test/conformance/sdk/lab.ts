/**
 * What each contract test file stands on: one Worker, one scripted model server, and a watch over everything that passes. After each test the
 * streams and the whole log of every session it made are checked too.
 */
import type Anthropic from "@anthropic-ai/sdk";
import type { ClientOptions } from "@anthropic-ai/sdk";
import type { AgentCreateParams, BetaManagedAgentsAgent } from "@anthropic-ai/sdk/resources/beta/agents/agents";
import type { BetaManagedAgentsSession, SessionCreateParams } from "@anthropic-ai/sdk/resources/beta/sessions/sessions";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import type { Answer } from "../../support/model-server/answer.ts";
import type { ModelServer, ModelServerOptions } from "../../support/model-server/contract.ts";
import { startModelServer } from "../../support/model-server/server.ts";
import { OTHER_KEY, type Server, startServer, TEST_KEY } from "../../support/server.ts";
import { clientOf, type Form, PLAIN } from "./forms.ts";
import { Wire } from "./wire.ts";

/** Known to the model server and priced, thinks and takes system turns. */
export const MODEL = "claude-sonnet-5-5";

export class Lab {
  readonly wire = new Wire();
  model!: ModelServer;
  server!: Server;
  #serial = 0;
  #shared: Promise<string> | null = null;

  /** A client in one form; `other` is of another workspace. */
  client(form: Form = PLAIN, options: ClientOptions & { key?: string } = {}): Anthropic {
    const { key = TEST_KEY, ...rest } = options;
    return clientOf(form, key, { baseURL: this.server.url, fetch: this.wire.fetch, ...rest });
  }

  other(form: Form = PLAIN): Anthropic {
    return this.client(form, { key: OTHER_KEY });
  }

  /** A word that no other test of this file has. */
  word(prefix: string): string {
    return `${prefix}-${++this.#serial}`;
  }

  /** Scripts the conversation that begins with the text this returns. */
  script(...answers: Answer[]): string {
    const key = this.word("talk");
    this.model.script(key, answers);
    return `Please [script:${key}]`;
  }

  async environmentId(client: Anthropic): Promise<string> {
    return (await client.beta.environments.create({ name: this.word("environment") })).id;
  }

  agent(client: Anthropic, fields: Partial<AgentCreateParams> = {}): Promise<BetaManagedAgentsAgent> {
    return client.beta.agents.create({ name: this.word("agent"), model: MODEL, ...fields });
  }

  /** A session of an agent of its own, in the workspace that `client` speaks for by default; the environment is shared. */
  async session(
    client: Anthropic,
    agent: Partial<AgentCreateParams> = {},
    fields: Partial<SessionCreateParams> = {},
  ): Promise<BetaManagedAgentsSession> {
    this.#shared ??= this.environmentId(client);
    const [made, environmentId] = await Promise.all([this.agent(client, agent), this.#shared]);
    return client.beta.sessions.create({ agent: made.id, environment_id: environmentId, ...fields });
  }

  /** A client in one form, and a session of it. */
  async talk(form?: Form, agent?: Partial<AgentCreateParams>, fields?: Partial<SessionCreateParams>) {
    const client = this.client(form);
    return { client, session: await this.session(client, agent, fields) };
  }

  /** Reads the log of each session that the test made, and asserts that nothing was wrong on the wire. */
  async check(): Promise<void> {
    const client = this.client();
    for (const id of [...this.wire.sessions]) {
      const events: unknown[] = [];
      for await (const event of client.beta.sessions.events.list(id)) events.push(event);
      this.wire.checkLog(id, events);
    }
    this.wire.checkStreams();
    const { problems } = this.wire;
    const found = problems.slice(0, 20);
    this.wire.forget();
    expect(found).toEqual([]);
  }
}

export function useLab(options: { model?: ModelServerOptions; vars?: Record<string, string> } = {}): Lab {
  const lab = new Lab();
  beforeAll(async () => {
    lab.model = await startModelServer(options.model);
    lab.server = await startServer({ modelUrl: lab.model.url, vars: { RETRY_BASE_MS: "1", ...options.vars } });
  });
  afterEach(() => lab.check());
  afterAll(async () => {
    await lab.server?.stop();
    await lab.model?.close();
  });
  return lab;
}
