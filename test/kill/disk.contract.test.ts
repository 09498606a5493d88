/** Files of the storage's folder that are damaged or lost while the server is down: a session's closes that session alone, the catalog's is told. */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Server, startServer } from "../support/server.ts";

const SESSIONS = "v3/do/sinew-Session";
const CATALOG = "v3/d1/miniflare-D1DatabaseObject";
/** Of the platform itself, in each folder: the alarms. */
const PLATFORM = /^metadata/;

let state: string;
let server: Server;
let client: Anthropic;

async function begin(): Promise<void> {
  server = await startServer({ state });
  client = new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0 });
}

const files = (folder: string) => readdirSync(resolve(state, folder)).filter((name) => !PLATFORM.test(name));

/** The database without what was written since its last checkpoint, and its beginning overwritten. */
function spoil(folder: string, names: string[]): void {
  for (const name of names) {
    const file = resolve(state, folder, name);
    if (name.endsWith(".sqlite")) writeFileSync(file, Buffer.alloc(8192, "no database "));
    else rmSync(file);
  }
}

beforeAll(async () => {
  state = await mkdtemp(resolve(tmpdir(), "sinew-disk-"));
  await begin();
});

afterAll(async () => {
  await server.stop();
  await rm(state, { recursive: true, force: true });
});

it("closes the session whose file is damaged, lets a lost one be deleted, and opens the others", {
  timeout: 60_000,
}, async () => {
  const [agent, environment] = await Promise.all([
    client.beta.agents.create({ name: "disk", model: "rehearsal" }),
    client.beta.environments.create({ name: "disk" }),
  ]);
  const made: { id: string; files: string[] }[] = [];
  for (let i = 0; i < 3; i++) {
    const before = new Set(i === 0 ? [] : files(SESSIONS));
    const { id } = await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id });
    made.push({ id, files: files(SESSIONS).filter((name) => !before.has(name)) });
  }
  const [damaged, lost, whole] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]];
  await server.kill();
  spoil(SESSIONS, damaged.files);
  for (const name of lost.files) rmSync(resolve(state, SESSIONS, name));
  await begin();

  const closed = { status: 500, message: expect.stringContaining("storage failed") };
  await expect(client.beta.sessions.retrieve(damaged.id)).rejects.toMatchObject(closed);
  const events = [{ type: "user.message" as const, content: [{ type: "text" as const, text: "hello" }] }];
  await expect(client.beta.sessions.events.send(damaged.id, { events })).rejects.toMatchObject(closed);
  expect((await client.beta.sessions.retrieve(whole.id)).status).toBe("idle");
  expect((await client.beta.sessions.events.send(whole.id, { events })).data).toHaveLength(1);

  const listed = async () => (await client.beta.sessions.list()).data.map(({ id }) => id);
  await expect(client.beta.sessions.retrieve(lost.id)).rejects.toMatchObject({ status: 404 });
  expect(await listed()).toContain(lost.id);
  await client.beta.sessions.delete(lost.id);
  expect((await listed()).toSorted()).toEqual([damaged.id, whole.id].toSorted());
  expect(server.output()).toContain('"event":"session_lost"');
});

it("says what is damaged when it cannot start", { timeout: 60_000 }, async () => {
  await server.kill();
  spoil(CATALOG, files(CATALOG));
  await expect(begin()).rejects.toThrow(`the database in ${resolve(state, "v3/d1")} cannot be read or written`);
  for (const name of files(CATALOG)) rmSync(resolve(state, CATALOG, name));
  const alarms = resolve(state, SESSIONS, "metadata.sqlite");
  const without = () => [alarms, `${alarms}-wal`, `${alarms}-shm`].map((file) => rmSync(file, { force: true }));
  without();
  writeFileSync(alarms, Buffer.alloc(8192, "no database "));
  await expect(begin()).rejects.toThrow(`${alarms} is damaged`);
  // The control: what was wrong are those files, and without them it serves.
  without();
  await begin();
  expect((await client.beta.sessions.list()).data).toEqual([]);
});
