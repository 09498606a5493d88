/** A Session object in workerd as the Worker calls it, for tests that run there. */
import { env } from "cloudflare:workers";
import type { Draft, ListQuery, Sender, SessionInit, SessionRpc } from "../../src/session/rpc.ts";
import { sessionInit } from "../story/init.ts";
import { SANDBOX } from "../story/words.ts";

export const ALL: ListQuery = { order: "asc", limit: 1000, page: null, key: "k", types: null };

export type Event = { type: string; [key: string]: unknown };

/** A session of the workspace `default` whose agent has no tools. */
export const init = (more: Partial<SessionInit> = {}): SessionInit => sessionInit([], more);
/** One that may use the sandbox without asking. */
export const sandboxed = (more: Partial<SessionInit> = {}): SessionInit => sessionInit(SANDBOX, more);

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
