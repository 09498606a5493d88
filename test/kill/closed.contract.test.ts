/** Sessions that a version cannot open, made so in the files of a stopped server: what their owner, operators and the log are told. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OTHER_KEY, type Server, startServer, TEST_KEY } from "../support/server.ts";

const OPERATOR = "sk-operator";
const SECRET = "nobody may read this in a log";
const vars = { OPERATOR_KEYS: `night:${OPERATOR}`, LOG: "info" };

/** What is done to a session's tables, by the reason that it closes the session for. */
const DAMAGE = {
  newer_build: "UPDATE meta SET min_reader = 99",
  damaged_log: "DELETE FROM snap; UPDATE events SET note = '{' WHERE type = 'span.model_request_end'",
  not_opened: "DELETE FROM snap; ALTER TABLE events RENAME TO elsewhere",
} as const;
type Reason = keyof typeof DAMAGE;
const REASONS = Object.keys(DAMAGE) as Reason[];

let state: string;
let server: Server;
const ids = new Map<Reason | "open", string>();
const idOf = (which: Reason | "open") => ids.get(which) ?? "";

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "sinew-closed-"));
  server = await startServer({ state, vars });
  const client = new Anthropic({ baseURL: server.url, apiKey: TEST_KEY });
  const agent = await client.beta.agents.create({ name: "closed", model: "rehearsal" });
  const environment = await client.beta.environments.create({ name: "closed" });
  for (const which of [...REASONS, "open"] as const) {
    const { id } = await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id });
    ids.set(which, id);
    const stream = await client.beta.sessions.events.stream(id);
    await client.beta.sessions.events.send(id, {
      events: [{ type: "user.message", content: [{ type: "text", text: SECRET }] }],
    });
    for await (const event of stream) if (event.type === "session.status_idle") break;
  }
  // Until the catalog knows, an alarm is set.
  for (const id of ids.values()) await told(id);
  await server.kill();
  for (const reason of REASONS) await damage(idOf(reason), DAMAGE[reason]);
  server = await startServer({ state, vars });
}, 60_000);

afterAll(async () => {
  await server?.stop();
  await rm(state, { recursive: true, force: true });
});

async function told(id: string): Promise<void> {
  while (Object.keys((await health(id)).body.timers as object).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Runs statements in the tables of one session; a file's name does not say whose it is. */
async function damage(id: string, statements: string): Promise<void> {
  const folder = join(state, "v3/do/sinew-Session");
  for (const name of (await readdir(folder)).filter((one) => /^[0-9a-f]{64}\.sqlite$/.test(one))) {
    const db = new DatabaseSync(join(folder, name));
    const mine = String(db.prepare("SELECT body FROM init").get()?.body).includes(id);
    if (mine) db.exec(statements);
    db.close();
    if (mine) return;
  }
  throw new Error(`no file holds ${id}`);
}

interface Got {
  status: number;
  retry: string | null;
  body: { closed?: { [key: string]: unknown } | null; error?: { message: string }; [key: string]: unknown };
}
async function get(path: string, key = TEST_KEY): Promise<Got> {
  const headers = {
    "x-api-key": key,
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "managed-agents-2026-04-01",
  };
  const response = await fetch(`${server.url}${path}`, { headers });
  return {
    status: response.status,
    retry: response.headers.get("x-should-retry"),
    body: (await response.json()) as Got["body"],
  };
}
const health = (id: string, key?: string) => get(`/x/sessions/${id}/health`, key);
const closings = (id: string) =>
  server
    .output()
    .split("\n")
    .filter((line) => line.includes('"event":"closed"') && line.includes(id))
    .map((line) => JSON.parse(line) as { [key: string]: unknown });

const WORDS: Record<Reason, { error: RegExp; opens: RegExp }> = {
  newer_build: { error: /kind 99, this version reads up to kind 1/, opens: /Deploy the newer version/ },
  damaged_log: { error: /damaged at event \d+ \(span\.model_request_end\)/, opens: /can read the place/ },
  not_opened: { error: /^SQLITE_ERROR$/, opens: /tried again/ },
};

test.each(REASONS)(
  "%s: health tells why, since when, what opens it; to its workspace and to operators",
  async (why) => {
    const id = idOf(why);
    const { status, body } = await health(id);
    expect(status).toBe(200);
    expect(body).toEqual({
      closed: {
        reason: why,
        since: expect.stringMatching(/Z$/),
        error: expect.stringMatching(WORDS[why].error),
        opens: expect.stringMatching(WORDS[why].opens),
      },
      alarm: null,
      last_event_at: why === "not_opened" ? null : expect.stringMatching(/Z$/),
      epoch: 1,
      boots: { in_turn: 0, streak: 0, last: null },
      status: "idle",
      timers: {},
      last_error: null,
    });
    expect((await health(id, OTHER_KEY)).status).toBe(404);
    const seen = (await get(`/x/operator/sessions/${id}/health`, OPERATOR)).body;
    expect(seen).toMatchObject({ id, workspace: "default", health: { closed: { reason: why } } });
  },
);

test.each(REASONS)(
  "%s: everything else is refused in words that say what to do, and a stranger is told nothing",
  async (why) => {
    const id = idOf(why);
    const final = why !== "not_opened";
    for (const path of [`/v1/sessions/${id}`, `/v1/sessions/${id}/events`]) {
      expect(await get(path)).toMatchObject({ status: 500, retry: final ? "false" : null });
      expect((await get(path, OTHER_KEY)).status).toBe(404);
    }
    if (!final) return;
    // A stream that nothing will open says so at once, in the words of every other route.
    const { status, retry, body } = await get(`/v1/sessions/${id}/events/stream`);
    expect({ status, retry }).toEqual({ status: 500, retry: "false" });
    expect(body.error?.message).toBe((await get(`/v1/sessions/${id}`)).body.error?.message);
    expect((await get(`/v1/sessions/${id}/events/stream`, OTHER_KEY)).status).toBe(404);
  },
);

test("each is one line of the log, also where it is tried again and again; only what is not understood has a stack", async () => {
  const again = async () => (await get(`/v1/sessions/${idOf("not_opened")}`)).status;
  const ends = Date.now() + 2_500;
  while (Date.now() < ends) {
    expect(await again()).toBe(500);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const why of REASONS) {
    expect(closings(idOf(why))).toEqual([
      {
        level: "error",
        event: "closed",
        session: idOf(why),
        reason: why,
        error: expect.stringMatching(WORDS[why].error),
        ...(why === "not_opened" ? { stack: expect.arrayContaining([expect.stringMatching(/^at /)]) } : {}),
      },
    ]);
  }
  expect(closings(idOf("open"))).toEqual([]);
  expect(server.output()).not.toContain("nobody");
});

test("what the Worker writes is one JSON object a line, each with its level and its event", () => {
  const lines = server
    .output()
    .split("\n")
    // workerd's own.
    .filter((line) => line !== "" && !line.startsWith("NOSENTRY"));
  expect(lines.length).toBeGreaterThan(REASONS.length);
  for (const line of lines)
    expect(JSON.parse(line)).toMatchObject({
      level: expect.stringMatching(/^(info|warn|error)$/),
      event: expect.any(String),
    });
});

test("an interrupt of a closed session is refused with its words and not noted", async () => {
  const headers = { "x-api-key": OPERATOR, "content-type": "application/json" };
  const body = JSON.stringify({ session_id: idOf("newer_build") });
  const response = await fetch(`${server.url}/x/operator/interrupt`, { method: "POST", headers, body });
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining("newer version")]);
  expect((await get("/x/operator/status", OPERATOR)).body.recent_actions).toEqual([]);
  // The control: one that is open takes it.
  const taken = await fetch(`${server.url}/x/operator/interrupt`, {
    method: "POST",
    headers,
    body: JSON.stringify({ session_id: idOf("open") }),
  });
  expect(await taken.json()).toMatchObject({ type: "operator_interrupt", was: "idle", status: "idle" });
  expect((await get("/x/operator/status", OPERATOR)).body.recent_actions).toHaveLength(1);
});
