/** A Session object in workerd as the Worker calls it, for tests that run there. */
import { env } from "cloudflare:workers";
import { newId } from "../../src/protocol/ids.ts";
import type { Draft, ListQuery, Sender, SessionInit, SessionRpc } from "../../src/session/rpc.ts";

export const ALL: ListQuery = { order: "asc", limit: 1000, page: null, types: null };

export type Event = { type: string; [key: string]: unknown };

/** A session of the workspace `default` whose agent has no tools. */
export const init = (more: Partial<SessionInit> = {}): SessionInit => ({
  id: newId("sesn"),
  threadId: newId("sthr"),
  workspace: "default",
  createdAt: Date.now() * 1000,
  environmentId: newId("env"),
  title: null,
  metadata: {},
  agent: {
    type: "agent",
    id: newId("agent"),
    version: 1,
    name: "test",
    description: null,
    system: null,
    model: { id: "claude-opus-5-5", effort: { type: "medium" }, speed: "standard" },
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: "service_account" },
  },
  ...more,
});

const settings = { enabled: true, permission_policy: { type: "always_allow" } } as const;

/** One that may use the sandbox without asking. */
export function sandboxed(more: Partial<SessionInit> = {}): SessionInit {
  const session = init(more);
  const toolset = { type: "agent_toolset_20260401" as const, default_config: settings, configs: [] };
  return { ...session, agent: { ...session.agent, tools: [toolset] } };
}

/** A request that is no retry of another. */
export const sender = (): Sender => ({ cred: "test", key: null, digest: crypto.randomUUID(), retry: 0 });

export const message = (text: string): Draft => ({
  type: "user.message",
  body: "{}",
  content: new TextEncoder().encode(JSON.stringify([{ type: "text", text }])),
});

export const object = (id: string) => env.SESSION.getByName(id) as unknown as SessionRpc;

/** The whole list, in order. */
export async function events(id: string): Promise<Event[]> {
  const page = await object(id).getEvents("default", null, ALL);
  if (!page.ok) throw new Error(page.error.message);
  return ((await new Response(page.value).json()) as { data: Event[] }).data;
}
