/** A Session object in workerd as the Worker calls it, for tests that run there: they begin one, kill it, look into its tables, and wait. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Draft, ListQuery, Sender, SessionInit, SessionRpc } from "../../src/session/rpc.ts";
import { sessionInit } from "../story/init.ts";
import { SANDBOX } from "../story/words.ts";
import type { Answer } from "./model-server/answer.ts";
import { remoteModelServer } from "./model-server/remote.ts";

/** Milliseconds between two looks, and how many looks a wait has. */
const LOOK_MS = 10;
const LOOKS = 1_000;

export const model = remoteModelServer(env.ANTHROPIC_BASE_URL ?? "");

export const ALL: ListQuery = { order: "asc", limit: 1000, page: null, types: null };

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

/** Runs statements in the object's own database. */
export const sql = (id: string, ...statements: string[]) =>
  runInDurableObject(env.SESSION.getByName(id), (_, { storage }) =>
    statements.map((one) => storage.sql.exec(one).toArray()),
  );
export const alarmOf = (id: string) =>
  runInDurableObject(env.SESSION.getByName(id), (_, { storage }) => storage.getAlarm());

/** A session that has been sent its first message, for which the model has these answers. */
export async function begun(answers: Answer[], session = sandboxed()): Promise<{ id: string; key: string }> {
  const key = crypto.randomUUID();
  await model.script(key, answers);
  await object(session.id).create(session, [message(`[script:${key}] go`)], sender());
  return { id: session.id, key };
}

/** The list, as soon as it fits. */
export async function until(id: string, fits: (types: string[]) => boolean): Promise<Event[]> {
  for (let look = 0; look < LOOKS; look++) {
    const found = await events(id);
    if (fits(found.map(({ type }) => type))) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`waited in vain: ${(await events(id)).map(({ type }) => type).join(" ")}`);
}

/** The list, once the session has been idle so often. */
export const idles = (id: string, count = 1) =>
  until(id, (types) => types.filter((type) => type === "session.status_idle").length >= count);
