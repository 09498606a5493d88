/** A real Chromium, a page of another origin, the real Worker: streams by ticket, sockets by ticket, fetch and the SDK by CORS. */
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Built } from "../../src/cli/serve.ts";
import { BUILT, type Server, startServer } from "../support/server.ts";
import { launchBrowser } from "./chromium.ts";
import type { program } from "./page.ts";
import { bundlePage, type Site, startSite } from "./site.ts";

declare const page: typeof program;

let browser: Browser;
let server: Server;
let listed: Site;
let other: Site;
let own: Page;
let foreign: Page;
const place = () => ({ url: server.url, key: server.key });

/** The pace of the rehearsal: pieces that arrive one by one. */
const REHEARSAL_PACE = "0,2";

async function visit(origin: string): Promise<Page> {
  const visited = await (await browser.newContext()).newPage();
  await visited.goto(origin);
  return visited;
}

async function newSession(url = server.url): Promise<string> {
  return own.evaluate(
    async (here) => {
      const name = crypto.randomUUID();
      const agent = await page.api<{ id: string }>(here, "POST", "/v1/agents", { name, model: "rehearsal" });
      const environment = await page.api<{ id: string }>(here, "POST", "/v1/environments", { name });
      const body = { agent: agent.id, environment_id: environment.id };
      return (await page.api<{ id: string }>(here, "POST", "/v1/sessions", body)).id;
    },
    { url, key: server.key },
  );
}

/** Of a page that may have one. */
function newTicket(session: string, url = server.url): Promise<string> {
  return own.evaluate(([...all]) => page.ticket(...all), [{ url, key: server.key }, session] as const);
}

/** The types of a session's stored events, as the list has them. */
function stored(session: string): Promise<string[]> {
  return own.evaluate(
    async ([here, path]) => {
      const list = await page.api<{ data: { type: string }[] }>(here, "GET", path);
      return list.data.map(({ type }) => type);
    },
    [place(), `/v1/sessions/${session}/events`] as const,
  );
}

const WAYS = ["bySource", "bySocket", "byFetch"] as const;
type Way = (typeof WAYS)[number];
const REFUSED = { bySource: "closed", bySocket: "closed 1006" };

/** What becomes of a ticket in a page's hands, in these ways one after the other. */
async function attempt(where: Page, session: string, ticket: string, url = server.url, ways: readonly Way[] = WAYS) {
  const ended: Partial<Record<Way, string>> = {};
  for (const way of ways) {
    ended[way] = await where.evaluate(([by, ...all]) => page[by](...all), [way, url, session, ticket] as const);
  }
  return ended;
}

beforeAll(async () => {
  const script = await bundlePage();
  [browser, listed, other] = await Promise.all([launchBrowser(), startSite(script), startSite(script)]);
  server = await startServer({ vars: { CORS_ORIGINS: listed.origin, REHEARSAL_PACE } });
  [own, foreign] = await Promise.all([visit(listed.origin), visit(other.origin)]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop(), listed?.close(), other?.close()]);
});

describe("a page of a listed origin", () => {
  test("streams a turn by EventSource, token by token, and goes on after it with a new ticket", async () => {
    const session = await newSession();
    const turn = (text: string, after?: string) =>
      own.evaluate(([here, id, said, from]) => page.turnByEventSource(here, id, said, from), [
        place(),
        session,
        text,
        after,
      ] as const);
    const first = await turn("hello");
    expect(first.types).toEqual(await stored(session));
    expect(first.types).toContain("agent.message");
    expect(first.pieces.length).toBeGreaterThan(3);
    expect(first.pieces.join("")).toBe(first.text);
    expect(first.lastId).toMatch(/^\d+$/);
    const second = await turn("hello again", first.lastId);
    expect([...first.types, ...second.types]).toEqual(await stored(session));
    expect(Number(second.lastId)).toBeGreaterThan(Number(first.lastId));
  });

  test("streams a turn by WebSocket, its message too", async () => {
    const session = await newSession();
    const { seen, frames } = await own.evaluate(([here, id]) => page.turnBySocket(here, id, "hello", "read_write"), [
      place(),
      session,
    ] as const);
    expect(seen.types).toEqual(await stored(session));
    expect(seen.types).toContain("agent.message");
    expect(seen.pieces.join("")).toBe(seen.text);
    expect(frames.map(({ type }) => type)).toEqual(["subscribed", "ack"]);
  });

  test("cannot send by a socket whose ticket only reads", async () => {
    const session = await newSession();
    const { seen, frames } = await own.evaluate(([here, id]) => page.turnBySocket(here, id, "hello", "read_only"), [
      place(),
      session,
    ] as const);
    expect(seen.types).toEqual([]);
    expect(frames[1]).toMatchObject({ type: "error", request_id: "one", error: { type: "permission_error" } });
    expect(await stored(session)).toEqual([]);
  });

  test("runs the official SDK", async () => {
    const types = await own.evaluate((here) => page.turnBySdk(here, crypto.randomUUID()), place());
    expect(types).toEqual(expect.arrayContaining(["user.message", "agent.message"]));
  });

  test("is told why a ticket is refused: used, made up", async () => {
    const session = await newSession();
    const ticket = await newTicket(session);
    const used = await attempt(own, session, ticket);
    expect(used).toEqual({ bySource: "open", bySocket: "closed 1006", byFetch: expect.stringMatching(/^401 /) });
    expect(used.byFetch).toContain("was used already");
    expect(used.byFetch).not.toContain(ticket);
    const madeUp = await attempt(own, session, ticket.replace(/.{5}$/, "12345"));
    expect(madeUp).toEqual({ ...REFUSED, byFetch: expect.stringContaining("is unknown or") });
  });

  test("is told when a ticket has expired", async () => {
    const built = JSON.parse(await readFile(BUILT, "utf8")) as Built;
    const script = built.script.replace("TICKET_SECONDS = 60", "TICKET_SECONDS = 0");
    expect(script).not.toBe(built.script);
    const hasty = await startServer({ built: { ...built, script }, vars: { CORS_ORIGINS: listed.origin } });
    const session = await newSession(hasty.url);
    for (const way of ["bySource", "bySocket", "byFetch"] as const) {
      const ended = await attempt(own, session, await newTicket(session, hasty.url), hasty.url, [way]);
      expect(ended[way]).toMatch(way === "byFetch" ? /^401 .*is older than/ : /^closed/);
    }
    await hasty.stop();
  });
});

describe("a page of another origin", () => {
  test("is let in nowhere, not even with a key and a good ticket, and spends no ticket", async () => {
    const session = await newSession();
    const call = foreign.evaluate(([...all]) => page.api(...all), [place(), "GET", "/v1/agents"] as const);
    await expect(call).rejects.toThrow("Failed to fetch");
    const make = foreign.evaluate(([...all]) => page.ticket(...all), [place(), session] as const);
    await expect(make).rejects.toThrow("Failed to fetch");
    const sdk = foreign.evaluate(([...all]) => page.turnBySdk(...all), [place(), "sdk"] as const);
    await expect(sdk).rejects.toThrow("Connection error");
    const ticket = await newTicket(session);
    expect(await attempt(foreign, session, ticket)).toEqual({
      ...REFUSED,
      byFetch: expect.stringContaining("Failed to fetch"),
    });
    expect(await attempt(own, session, ticket, server.url, ["bySource"])).toEqual({ bySource: "open" });
  });
});
