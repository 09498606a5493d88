/** Requests that are too many (spec/core.md §1.5): the platform's own rate-limit binding, with small numbers. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OTHER_KEY, type Server, startServer, TEST_KEY } from "../../support/server.ts";
import { clientOf, PLAIN } from "./forms.ts";
import { refused } from "./refusal.ts";

const CREATES = 3;
const READS = 5;
const PERIOD_S = 10;
let server: Server;
beforeAll(async () => {
  const rates = { creates: CREATES, reads: READS, period: PERIOD_S } as const;
  server = await startServer({ rates, vars: { RATE_LIMITS: String(PERIOD_S) } });
});
afterAll(() => server?.stop());

/** A client, and the status of everything that it was answered. */
function client(key = TEST_KEY, maxRetries = 0) {
  const statuses: number[] = [];
  const own = async (...request: Parameters<typeof fetch>) => {
    const response = await fetch(...request);
    statuses.push(response.status);
    return response;
  };
  return { sdk: clientOf(PLAIN, key, { baseURL: server.url, fetch: own, maxRetries }), statuses };
}

/** Enough of a period is left for what should fall into one. */
async function period(): Promise<void> {
  const left = PERIOD_S * 1000 - (Date.now() % (PERIOD_S * 1000));
  if (left < PERIOD_S * 500) await new Promise((resolve) => setTimeout(resolve, left + 50));
}

test("creates and reads are counted apart and for each workspace; the SDK's retry waits as it is told, and gets in", async () => {
  const { sdk } = client();
  const create = (of = sdk, name: string = crypto.randomUUID()) => of.beta.agents.create({ name, model: "rehearsal" });
  await period();
  const made = [];
  for (let i = 0; i < CREATES; i++) made.push(await create());
  const refusal = await refused(create(), Anthropic.RateLimitError);
  expect(refusal.type).toBe("rate_limit_error");
  const wait = Number(refusal.headers?.get("retry-after"));
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(PERIOD_S);
  expect(refusal.headers?.get("x-should-retry")).toBeNull();
  await refused(sdk.beta.environments.create({ name: "one too many" }), Anthropic.RateLimitError);
  // What is no create is not counted as one, and another workspace has a count of its own.
  const id = made[0]?.id ?? "";
  for (let i = 0; i < CREATES; i++) await sdk.beta.agents.update(id, { version: 1, name: made[0]?.name ?? "" });
  await create(client(OTHER_KEY).sdk);
  for (let i = 0; i < READS; i++) await sdk.beta.agents.retrieve(id);
  await refused(sdk.beta.agents.list(), Anthropic.RateLimitError);
  await refused(sdk.beta.sessions.events.stream("sesn_01"), Anthropic.RateLimitError);
  await client(OTHER_KEY).sdk.beta.agents.list();
  const patient = client(TEST_KEY, 2);
  expect((await create(patient.sdk)).type).toBe("agent");
  expect(patient.statuses).toEqual([429, 200]);
});

test("a request without a valid key is not counted", async () => {
  const wrong = client("sk-wrong");
  for (let i = 0; i <= READS; i++) await refused(wrong.sdk.beta.agents.list(), Anthropic.AuthenticationError);
});
