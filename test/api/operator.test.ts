import { beforeEach, expect, test, vi } from "vitest";
import { refetchStandings } from "../../src/catalog/admission.ts";
import type { Env } from "../../src/env.ts";
import { DAY_MICROS, dayOf } from "../../src/log/days.ts";
import { type Answer, call, KEY, OTHER_KEY, testServer } from "./harness.ts";

const OPERATOR = "sk-operator";
const CENT = 100_000_000;
const server = testServer();
/** The database as an isolate knows it that has heard nothing: a new one for each test. */
let DB: D1Database;
const env = () => ({ ...server.env, OPERATOR_KEYS: `night:${OPERATOR}`, DB }) as Env;

/** An operator's request. */
const operate = (method: string, path: string, body?: unknown, headers: Record<string, string | null> = {}) =>
  call({ env: env() }, method, `/x/operator${path}`, body, { "x-api-key": OPERATOR, ...headers });
/** A caller's. */
const send = (method: string, path: string, body?: unknown, headers: Record<string, string | null> = {}) =>
  call({ env: env() }, method, path, body, headers);
const refusal = ({ status, body, headers }: Answer) => ({
  status,
  type: body.error?.type,
  retry: headers.get("x-should-retry"),
  after: headers.get("retry-after"),
});
const message = (text: string) => ({ events: [{ type: "user.message", content: [{ type: "text", text }] }] });
const run = (sql: string, ...binds: unknown[]) =>
  server.env.DB.prepare(sql)
    .bind(...binds)
    .run();

async function session(headers: Record<string, string | null> = {}, more: object = {}): Promise<Answer> {
  const agent = await send("POST", "/v1/agents", { name: "a", model: "rehearsal" }, headers);
  const name = crypto.randomUUID();
  const environment = await send("POST", "/v1/environments", { name }, headers);
  const body = { agent: agent.body.id, environment_id: environment.body.id, ...more };
  return send("POST", "/v1/sessions", body, headers);
}

beforeEach(async () => {
  for (const table of [
    "stops",
    "revoked_keys",
    "workspace_limits",
    "workspace_spend",
    "session_spend",
    "operator_actions",
    "sessions",
  ])
    await run(`DELETE FROM ${table}`);
  const { DB: db } = server.env;
  DB = {
    prepare: (text: string) => db.prepare(text),
    batch: (list: D1PreparedStatement[]) => db.batch(list),
  } as D1Database;
  vi.spyOn(console, "log").mockImplementation(() => {});
});

test("an API key may not operate, an operator's key opens nothing else, and neither list makes up for the other", async () => {
  const asCaller = await operate("GET", "/status", undefined, { "x-api-key": KEY });
  expect(refusal(asCaller)).toMatchObject({ status: 403, type: "permission_error", retry: "false" });
  for (const path of ["/v1/agents", "/v1/sessions", "/x/sessions/sesn_1/health"])
    expect(refusal(await send("GET", path, undefined, { "x-api-key": OPERATOR }))).toMatchObject({
      status: 403,
      type: "permission_error",
    });
  expect(refusal(await operate("GET", "/status", undefined, { "x-api-key": "sk-wrong" })).status).toBe(401);
  expect(refusal(await operate("GET", "/status", undefined, { "x-api-key": null })).status).toBe(401);
  const bearer = { "x-api-key": null, authorization: `Bearer ${OPERATOR}` };
  expect((await operate("GET", "/status", undefined, bearer)).status).toBe(200);
});

test("operators that could also call, or that name a workspace, operate nothing", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  for (const OPERATOR_KEYS of [`night:${KEY}`, `team/night:${OPERATOR}`, OPERATOR, ""]) {
    const got = await call({ env: { ...server.env, OPERATOR_KEYS } as Env }, "GET", "/x/operator/status", undefined, {
      "x-api-key": OPERATOR_KEYS.includes(KEY) ? KEY : OPERATOR,
    });
    expect([401, 403]).toContain(got.status);
  }
  const lines = told.mock.calls.flat().join("\n");
  told.mockRestore();
  expect(lines).toMatch(/night: its key is in API_KEYS too/);
  expect(lines).toMatch(/team\/night: an operator is for every workspace/);
  expect(lines).not.toContain(OPERATOR);
  expect(lines).not.toContain(KEY);
});

test("a stopped workspace begins nothing and reads everything; the other one does not notice", async () => {
  const made = await session();
  const path = `/v1/sessions/${made.body.id}`;
  expect((await operate("POST", "/stop", { workspace: "default", reason: "bill looks odd" })).status).toBe(200);
  const refused = await send("POST", `${path}/events`, message("hello"));
  expect(refusal(refused)).toEqual({ status: 403, type: "permission_error", retry: "false", after: null });
  expect(refused.body.error?.message).toContain("bill looks odd");
  expect(refusal(await session()).status).toBe(403);
  expect((await send("GET", path)).status).toBe(200);
  expect((await send("GET", `${path}/events`)).status).toBe(200);
  expect((await send("POST", `${path}/events`, { events: [{ type: "user.interrupt" }] })).status).toBe(200);
  const mixed = { events: [{ type: "user.interrupt" }, ...message("and on").events] };
  expect((await send("POST", `${path}/events`, mixed)).status).toBe(403);
  expect((await session({ "x-api-key": OTHER_KEY })).status).toBe(200);
  expect((await operate("POST", "/start", { workspace: "default" })).body).toMatchObject({ was_stopped: true });
  expect((await send("POST", `${path}/events`, message("hello"))).status).toBe(200);
  expect((await operate("POST", "/start", { workspace: "default" })).body).toMatchObject({ was_stopped: false });
});

test("stopping everyone stops everyone, and starting everyone leaves those stopped who were stopped by name", async () => {
  await operate("POST", "/stop", { workspace: "*", reason: "all of it" });
  expect((await session()).status).toBe(403);
  expect((await session({ "x-api-key": OTHER_KEY })).body.error?.message).toContain("every workspace: all of it");
  await operate("POST", "/stop", { workspace: "default", reason: "this one" });
  await operate("POST", "/start", { workspace: "*" });
  expect((await session({ "x-api-key": OTHER_KEY })).status).toBe(200);
  expect((await session()).body.error?.message).toContain("workspace default: this one");
});

test.each([
  ["no workspace", { reason: "x" }, 400],
  ["no reason", { workspace: "default" }, 400],
  ["an empty reason", { workspace: "default", reason: "" }, 400],
  ["a reason too long", { workspace: "default", reason: "x".repeat(301) }, 400],
  ["a field that is not there", { workspace: "default", reason: "x", force: true }, 400],
  ["a workspace that nobody has", { workspace: "defualt", reason: "x" }, 404],
  ["a name with odd characters", { workspace: "default' OR 1=1 --", reason: "x" }, 404],
  ["a name from a path", { workspace: "../default", reason: "x" }, 404],
])("a stop with %s stops nothing", async (_, body, status) => {
  const got = await operate("POST", "/stop", body);
  expect({ status: got.status, noted: (await run("SELECT * FROM operator_actions")).results }).toEqual({
    status,
    noted: [],
  });
  expect((await session()).status).toBe(200);
});

test("a reason in any writing comes back as it was", async () => {
  const reason = `Ruhe'); DROP TABLE stops; --" \u{1F6D1} \\ <b>`;
  await operate("POST", "/stop", { workspace: "default", reason });
  expect((await session()).body.error?.message).toContain(reason);
  const { everyone, workspaces } = (await operate("GET", "/status")).body as never as Status;
  expect(everyone.stopped).toBeNull();
  expect(workspaces.find((one) => one.workspace === "default")?.stopped?.reason).toBe(reason);
});

interface Status {
  everyone: { stopped: unknown; limits: object };
  workspaces: {
    workspace: string;
    stopped: { reason: string } | null;
    running_sessions: number;
    spent_today: { amount: string };
    limits: object;
    keys: string[];
    revoked_keys: { name: string }[];
  }[];
  dearest_sessions: { id: string; workspace: string; status: string; spent_today: object }[];
  recent_actions: { action: string; operator: string; target: string }[];
}

test("a revoked key is refused by name, keeps its neighbours, and comes back", async () => {
  expect((await send("GET", "/v1/models")).status).toBe(200);
  const name = ((await operate("GET", "/status")).body as never as Status).workspaces[0]?.keys[0] ?? "";
  expect((await operate("POST", "/keys/revoke", { name: `default/${name}` })).body).toMatchObject({ name });
  const refused = await send("GET", "/v1/models");
  expect(refusal(refused)).toMatchObject({ status: 401, type: "authentication_error", retry: "false" });
  expect(refused.body.error?.message).toContain("revoked");
  expect((await send("GET", "/v1/models", undefined, { "x-api-key": OTHER_KEY })).status).toBe(200);
  expect((await operate("POST", "/keys/restore", { name })).body).toMatchObject({ was_revoked: true });
  expect((await send("GET", "/v1/models")).status).toBe(200);
});

test("a key is revoked by its name and never by its value, which no answer repeats", async () => {
  for (const name of [KEY, "nobody", "default/nobody", "other/test", "", "x".repeat(5_000)]) {
    const got = await operate("POST", "/keys/revoke", { name });
    expect([400, 404]).toContain(got.status);
  }
  expect((await send("GET", "/v1/models")).status).toBe(200);
  expect((await run("SELECT * FROM revoked_keys")).results).toEqual([]);
});

test("a spent day refuses what would cost until the day is over or the limit is raised, and is not for the SDK to wait out", async () => {
  const made = await session();
  const path = `/v1/sessions/${made.body.id}/events`;
  const today = dayOf(Date.now() * 1000);
  await operate("POST", "/limits", { workspace: "default", cents_per_day: 250 });
  await run("INSERT INTO workspace_spend VALUES ('default', ?1, ?2)", today, 250 * CENT - 1);
  await refetchStandings(DB);
  expect((await send("POST", path, message("still fits"))).status).toBe(200);
  await run("UPDATE workspace_spend SET units = ?1", 250 * CENT);
  await refetchStandings(DB);
  const refused = await send("POST", path, message("too much"));
  expect(refusal(refused)).toEqual({ status: 429, type: "rate_limit_error", retry: "false", after: null });
  const until = new Date(((today + 1) * DAY_MICROS) / 1000).toISOString().slice(0, 19);
  expect(refused.body.error?.message).toContain("2.50 USD");
  expect(refused.body.error?.message).toContain(until);
  expect((await send("GET", path)).status).toBe(200);
  expect((await send("POST", path, { events: [{ type: "user.interrupt" }] })).status).toBe(200);
  await operate("POST", "/limits", { workspace: "default", cents_per_day: 251 });
  expect((await send("POST", path, message("again"))).status).toBe(200);
  await run("UPDATE workspace_spend SET units = ?1, day = ?2", 9_999 * CENT, today - 1);
  await refetchStandings(DB);
  expect((await send("POST", path, message("yesterday's does not count"))).status).toBe(200);
});

test("the status names the sessions that cost most today, of every workspace, and no others", async () => {
  const [cheap, dear, theirs, old] = [
    await session(),
    await session(),
    await session({ "x-api-key": OTHER_KEY }),
    await session(),
  ];
  const today = dayOf(Date.now() * 1000);
  const spent = (made: Answer, day: number, cents: number) =>
    run("INSERT INTO session_spend VALUES (?1, ?2, ?3)", day, made.body.id, cents * CENT);
  await spent(cheap, today, 1);
  await spent(dear, today, 700);
  await spent(theirs, today, 30);
  await spent(old, today - 1, 9_000);
  for (let n = 0; n < 3; n++) await run("INSERT INTO session_spend VALUES (?1, ?2, ?3)", today, `sesn_gone${n}`, CENT);
  const { dearest_sessions } = (await operate("GET", "/status")).body as never as Status;
  const line = (made: Answer, workspace: string, amount: string) => ({
    id: made.body.id,
    workspace,
    status: "idle",
    spent_today: { amount, currency: "USD" },
  });
  expect(dearest_sessions).toEqual([
    line(dear, "default", "700"),
    line(theirs, "other", "30"),
    line(cheap, "default", "1"),
  ]);
  for (let n = 0; n < 9; n++) await spent(await session(), today, 2);
  const more = ((await operate("GET", "/status")).body as never as Status).dearest_sessions;
  expect([more.length, more[0]?.id, more.some(({ id }) => id === cheap.body.id)]).toEqual([10, dear.body.id, false]);
});

test("a limit is the workspace's own or everyone's; null takes it away, what is left out stays", async () => {
  const limits = async () =>
    ((await operate("GET", "/status")).body as never as Status).workspaces.find((one) => one.workspace === "default")
      ?.limits;
  await operate("POST", "/limits", { workspace: "*", running_sessions: 5, cents_per_day: 100 });
  expect(await limits()).toEqual({ running_sessions: 5, cents_per_day: 100 });
  await operate("POST", "/limits", { workspace: "default", running_sessions: 7 });
  expect(await limits()).toEqual({ running_sessions: 7, cents_per_day: 100 });
  await operate("POST", "/limits", { workspace: "default", running_sessions: null, cents_per_day: 3 });
  expect(await limits()).toEqual({ running_sessions: 5, cents_per_day: 3 });
  for (const body of [
    { workspace: "default" },
    { workspace: "default", cents_per_day: -1 },
    { workspace: "default", cents_per_day: 1.5 },
    { workspace: "default", cents_per_day: "9" },
    { workspace: "default", running_sessions: 1e9 },
  ])
    expect((await operate("POST", "/limits", body)).status).toBe(400);
  expect(await limits()).toEqual({ running_sessions: 5, cents_per_day: 3 });
});

test("the cap on running sessions goes to the session as the answer to give if it would begin to run", async () => {
  await run("DELETE FROM sessions");
  const made = await session();
  const busy = await session();
  const post = async (id: unknown, text: string) =>
    refusal(await send("POST", `/v1/sessions/${id}/events`, message(text)));
  const fulls = () =>
    server.objects.calls
      .splice(0)
      .filter(({ method }) => method === "emitEvents")
      .map(({ sender }) => sender?.full?.status ?? null);
  const running = (status: string) => run("UPDATE sessions SET status = ?1 WHERE id = ?2", status, busy.body.id);
  fulls();
  await operate("POST", "/limits", { workspace: "default", running_sessions: 1 });
  expect([(await post(made.body.id, "first")).status, fulls()]).toEqual([200, [null]]);
  await running("running");
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 10_000);
  await refetchStandings(DB);
  const full = { status: 429, type: "rate_limit_error", after: "2" };
  expect(await post(made.body.id, "second")).toMatchObject(full);
  expect(fulls()).toEqual([429, 429]);
  const object = server.objects.sessions.get(busy.body.id as string);
  if (object) object.session.status = "running";
  expect([(await post(busy.body.id, "it runs already")).status, fulls()]).toEqual([200, [429]]);
  const born = await session({}, { initial_events: message("at once").events });
  expect(refusal(born)).toMatchObject(full);
  fulls();
  await running("idle");
  expect([(await post(made.body.id, "what was known was old")).status, fulls()]).toEqual([200, [429, null]]);
  vi.restoreAllMocks();
});

test("each action is a row that says who, and a line without a secret", async () => {
  await operate("POST", "/stop", { workspace: "default", reason: "drill" });
  await operate("POST", "/start", { workspace: "default" });
  await operate("POST", "/limits", { workspace: "*", cents_per_day: 5 });
  const { recent_actions } = (await operate("GET", "/status")).body as never as Status;
  expect(recent_actions.map(({ operator, action, target }) => `${operator} ${action} ${target}`)).toEqual([
    "night limits *",
    "night start default",
    "night stop default",
  ]);
  const lines = vi.mocked(console.log).mock.calls.flat().map(String);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: "operator", operator: "night", action: "stop", target: "default" },
    { action: "start" },
    { action: "limits", target: "*" },
  ]);
  expect(lines.join()).not.toContain(OPERATOR);
});
