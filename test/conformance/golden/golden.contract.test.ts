/** Every golden log, played against the real Worker with the official SDK and the strict model server. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelServer } from "../../support/model-server/contract.ts";
import { startModelServer } from "../../support/model-server/server.ts";
import { type Server, startServer } from "../../support/server.ts";
import { validateLog, validateStream } from "../validator/validator.ts";
import { matchLog, matchStream } from "./match.ts";
import { Player } from "./play.ts";
import { SCENARIOS } from "./scenarios.ts";

let model: ModelServer;
let server: Server;
let client: Anthropic;

beforeAll(async () => {
  model = await startModelServer({});
  server = await startServer({ modelUrl: model.url, vars: { RETRY_BASE_MS: "1" } });
  client = new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 0 });
});

afterAll(async () => {
  await server?.stop();
  await model?.close();
});

test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
  "%s",
  { timeout: 90_000 },
  async (_, scenario) => {
    const { events, frames, names } = await new Player(client, model, scenario).play();
    matchLog(events, scenario.expected, names);
    if (scenario.stream) matchStream(frames, scenario.stream, names);
    expect(validateLog(events)).toEqual([]);
    expect(validateStream(frames)).toEqual([]);
    const refused = model.journal.messages().filter((entry) => entry.verdict !== null);
    expect(refused.map((entry) => entry.verdict)).toEqual([]);
  },
);
