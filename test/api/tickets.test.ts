import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { call, HEADERS, KEY, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();

async function newSession(): Promise<string> {
  const name = `tickets ${crypto.randomUUID()}`;
  const agent = await call(server, "POST", "/v1/agents", { name, model: "rehearsal" });
  const environment = await call(server, "POST", "/v1/environments", { name });
  const body = { agent: agent.body.id, environment_id: environment.body.id };
  return String((await call(server, "POST", "/v1/sessions", body)).body.id);
}

/** As a browser's EventSource asks: no header of ours. */
function open(path: string, headers: Record<string, string> = {}) {
  const none = { "x-api-key": null, "anthropic-version": null, "anthropic-beta": null };
  return call(server, "GET", path, undefined, { ...none, ...headers });
}

async function newTicket(session: string, more: object = {}): Promise<string> {
  const { status, body } = await call(server, "POST", "/x/tickets", { session_id: session, ...more });
  expect(status).toBe(200);
  return String(body.ticket);
}

const rows = async () => (await server.env.DB.prepare("SELECT * FROM tickets").all()).results;

/** The objects of this harness have no streams: a request that got past its credential is answered with the object's 404. */
const PASSED = 404;

describe("a ticket", () => {
  test("is shown once, is stored as a digest, and needs a key and a session of one's own", async () => {
    const session = await newSession();
    const answer = await call(server, "POST", "/x/tickets", { session_id: session });
    expect(answer.body).toEqual({
      type: "ticket",
      ticket: expect.stringMatching(/^ticket_[A-Za-z0-9_-]{43}$/),
      session_id: session,
      access: "read_only",
      expires_at: expect.any(String),
    });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const left = Date.parse(String(answer.body.expires_at)) - Date.now();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(JSON.stringify(await rows())).not.toContain(String(answer.body.ticket).slice("ticket_".length));

    const asked = { session_id: session };
    expect((await call(server, "POST", "/x/tickets", asked, { "x-api-key": null })).status).toBe(401);
    expect((await call(server, "POST", "/x/tickets", asked, { "x-api-key": OTHER_KEY })).status).toBe(404);
    expect((await call(server, "POST", "/x/tickets", { session_id: "sesn_none" })).status).toBe(404);
    const wrong = await call(server, "POST", "/x/tickets", { ...asked, access: "admin" });
    expect([wrong.status, wrong.body.error?.message]).toEqual([400, "access: must be one of read_only, read_write"]);
  });

  test("opens one stream of its session, once", async () => {
    const session = await newSession();
    const path = `/v1/sessions/${session}/events/stream`;
    const ticket = await newTicket(session);
    expect((await open(`${path}?ticket=${ticket}`)).status).toBe(PASSED);
    const again = await open(`${path}?ticket=${ticket}`);
    expect(again.status).toBe(401);
    expect(again.body.error?.type).toBe("authentication_error");
    expect(again.body.error?.message).toContain("was used already");
    expect(again.body.error?.message).toContain("POST /x/tickets");
    expect(again.headers.get("x-should-retry")).toBe("false");
    expect((await open(path)).body.error?.message).toContain("no credential");
  });

  test("is found by one of many uses at the same time", async () => {
    const session = await newSession();
    const ticket = await newTicket(session);
    const path = `/v1/sessions/${session}/events/stream?ticket=${ticket}`;
    const answers = await Promise.all(Array.from({ length: 8 }, () => open(path)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([401, 401, 401, 401, 401, 401, 401, PASSED]);
  });

  test("is for its session, and is spent by a wrong use too", async () => {
    const [session, other] = [await newSession(), await newSession()];
    const ticket = await newTicket(session);
    const wrong = await open(`/v1/sessions/${other}/events/stream?ticket=${ticket}`);
    expect([wrong.status, wrong.body.error?.message]).toEqual([401, expect.stringContaining("for another session")]);
    expect((await open(`/v1/sessions/${session}/events/stream?ticket=${ticket}`)).status).toBe(401);
  });

  test("that was never given out asks no database; one that was does", async () => {
    const session = await newSession();
    const real = await newTicket(session);
    const changed =
      real.slice(0, -3) +
      real
        .slice(-3)
        .toUpperCase()
        .replace(/^./, (one) => (one === "A" ? "B" : "A"));
    const invented = `ticket_${Buffer.alloc(32, 7).toString("base64url")}`;
    const asked: string[] = [];
    const DB = new Proxy(server.env.DB, {
      get: (db, name) => {
        if (name !== "prepare") return Reflect.get(db, name);
        return (sql: string) => {
          asked.push(sql);
          return db.prepare(sql);
        };
      },
    });
    const present = (ticket: string) =>
      createApp().request(`/v1/sessions/${session}/events/stream?ticket=${ticket}`, {}, { ...server.env, DB });
    // The first look of this isolate at the key of the seals.
    await present(invented);
    asked.length = 0;
    for (const ticket of [invented, changed]) expect((await present(ticket)).status).toBe(401);
    expect(asked).toEqual([]);
    expect((await present(real)).status).toBe(PASSED);
    expect(asked[0]).toContain("DELETE FROM tickets");
  });

  test("is worth nothing once its key has left API_KEYS", async () => {
    const session = await newSession();
    const path = `/v1/sessions/${session}/events/stream?ticket=`;
    const [first, second] = [await newTicket(session), await newTicket(session)];
    const without = { ...server.env, API_KEYS: `new:${KEY}` };
    const answer = await createApp().request(path + first, {}, without);
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining("key that asked for")]);
    expect((await open(path + second)).status).toBe(PASSED);
  });

  test("ends after its time, and the next one sweeps it away", async () => {
    const session = await newSession();
    const path = `/v1/sessions/${session}/events/stream?ticket=`;
    const [late, unused] = [await newTicket(session), await newTicket(session)];
    await server.env.DB.prepare("UPDATE tickets SET expires_at = ?1")
      .bind(Date.now() * 1000)
      .run();
    const answer = await open(path + late);
    expect([answer.status, answer.body.error?.message]).toEqual([401, expect.stringContaining("older than 60 s")]);
    await newTicket(session);
    expect(await rows()).toHaveLength(1);
    expect((await open(path + unused)).status).toBe(401);
  });

  test("opens nothing else", async () => {
    const session = await newSession();
    for (const path of [`/v1/sessions/${session}`, `/v1/sessions/${session}/events`, "/v1/agents"]) {
      expect((await open(`${path}?ticket=${await newTicket(session)}`)).status).toBe(401);
    }
    const ticket = await newTicket(session);
    expect(
      (await call(server, "POST", `/v1/sessions/${session}/events?ticket=${ticket}`, {}, { "x-api-key": null })).status,
    ).toBe(401);
    expect((await open("/v1/agents", { authorization: `Bearer ${ticket}` })).status).toBe(401);
  });

  test("is in no line of the log and in no error", async () => {
    const session = await newSession();
    const ticket = await newTicket(session);
    const lines: string[] = [];
    const spies = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
    for (const spy of spies) spy.mockImplementation((line) => void lines.push(String(line)));
    const env = { ...server.env, LOG: "info" };
    const context = { waitUntil() {} } as unknown as ExecutionContext;
    const answers: string[] = [];
    for (const query of [`ticket=${ticket}`, `ticket=${ticket}`, `ticket=${ticket}x`]) {
      for (const path of [`/v1/sessions/${session}/events/stream`, `/x/sessions/${session}/socket`, "/nowhere"]) {
        const answer = await createApp().request(`${path}?${query}`, { headers: { ...HEADERS } }, env, context);
        answers.push(await answer.text());
      }
    }
    for (const spy of spies) spy.mockRestore();
    expect(lines).toHaveLength(9);
    for (const text of [...lines, ...answers]) {
      expect(text).not.toContain(ticket.slice("ticket_".length));
      expect(text).not.toContain(KEY);
    }
  });
});

describe("a page's origin", () => {
  test("that is not on the list may not use a ticket, and does not spend it", async () => {
    const session = await newSession();
    const ticket = await newTicket(session);
    const path = `/v1/sessions/${session}/events/stream?ticket=${ticket}`;
    const refused = await open(path, { origin: "https://other.example" });
    expect([refused.status, refused.body.error?.message]).toEqual([403, expect.stringContaining("CORS_ORIGINS")]);
    expect((await open(path, { origin: "http://localhost" })).status).toBe(PASSED);
  });
});
