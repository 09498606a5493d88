/** The page at /docs in a real Chromium: what it shows, that it asks nobody else, and that its policy holds. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startServer } from "../support/server.ts";
import { launchBrowser } from "./chromium.ts";

/** What the page's own world has and ours has not. */
declare const window: { innerWidth: number; ran?: boolean };
declare const document: {
  documentElement: { scrollWidth: number };
  head: { append(node: unknown): void };
  createElement(name: string): { textContent: string };
};

let browser: Browser;
let server: Server;
/** On a wide screen; drawing it takes a second, so the tests share it. */
let wide: Visit;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
  wide = await visit("light", 1280);
});
afterAll(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

interface Visit {
  page: Page;
  complaints: string[];
  asked: string[];
}

/** The page when it has drawn itself; `complaints` are of the console, `asked` the addresses of all requests. */
async function visit(colorScheme: "light" | "dark", width: number): Promise<Visit> {
  const page = await (await browser.newContext({ colorScheme, viewport: { width, height: 900 } })).newPage();
  const [complaints, asked]: [string[], string[]] = [[], []];
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && complaints.push(line.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${server.url}/docs`);
  await page.waitForSelector("#operations-Sessions-createSession");
  return { page, complaints, asked };
}

const background = (page: Page) =>
  page.locator("html").evaluate((root) => {
    const { getComputedStyle } = globalThis as unknown as {
      getComputedStyle(of: unknown): { backgroundColor: string };
    };
    return getComputedStyle(root).backgroundColor;
  });

test("it shows every route, wide and narrow, light and dark, from this server alone", async () => {
  const shades = new Set<string>();
  const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const operations = Object.values(paths).flatMap(Object.keys);
  expect(operations.length).toBeGreaterThan(40);
  for (const { page, complaints, asked } of [wide, await visit("dark", 390)]) {
    expect(await page.locator(".opblock").count()).toBe(operations.length);
    await page.click("#operations-Sessions-createSession .opblock-summary-control");
    await page.waitForSelector("#operations-Sessions-createSession .responses-wrapper");
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    shades.add(await background(page));
    expect(complaints).toEqual([]);
    const paths = asked.filter((url) => !url.startsWith("data:")).map((url) => url.replace(server.url, ""));
    expect(paths.toSorted()).toEqual(["/docs", "/docs/docs.css", "/docs/docs.js", "/openapi.json"]);
  }
  expect(shades.size).toBe(2);
});

test("a request can be tried out with a key, which the page forgets", async () => {
  const { page } = wide;
  await page.click(".btn.authorize");
  await page.locator("#api_key_value").first().fill(server.key);
  await page.locator(".modal-btn.authorize").first().click();
  await page.click(".modal-btn.btn-done");
  const operation = page.locator("#operations-Agents-listAgents");
  await operation.locator(".opblock-summary-control").click();
  await operation.locator(".try-out__btn").click();
  const answered = page.waitForResponse((response) => response.url().includes("/v1/agents"));
  await operation.locator(".execute").click();
  const answer = await answered;
  expect([answer.status(), await answer.json()]).toEqual([200, { data: [], next_page: null }]);
  const kept = await page.context().storageState({ indexedDB: true });
  expect(kept).toEqual({ cookies: [], origins: [] });
});

test("its policy lets no inline script run and no other server be asked", async () => {
  const { page, complaints } = wide;
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.head.append(script);
  });
  expect(await page.evaluate(() => window.ran)).toBeUndefined();
  const elsewhere = `http://localhost:${new URL(server.url).port}/healthz`;
  expect(await page.evaluate((url) => fetch(url).then(() => "asked", String), elsewhere)).toContain("Failed to fetch");
  for (const rule of ["script-src 'self'", "connect-src 'self'"]) {
    expect(complaints.join("\n")).toContain(rule);
  }
});
