/** Every golden log, played against the real Worker with the official SDK and the strict model server. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matchLog, matchStream } from "../../story/match.ts";
import { play } from "../../story/play.ts";
import { WorkerStage } from "../../story/worker.ts";
import type { ModelServer } from "../../support/modelServer/contract.ts";
import { startModelServer } from "../../support/modelServer/server.ts";
import { type Server, startServer } from "../../support/server.ts";
import { validateLog, validateStream } from "../validator/validator.ts";
import { STORIES } from "./stories.ts";

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

test.each(STORIES.map((story) => [story.name, story] as const))("%s", { timeout: 90_000 }, async (_, story) => {
  const { events, frames, names } = await play(story, new WorkerStage(client, model, story));
  matchLog(events, story.expected, names);
  if (story.stream) matchStream(frames, story.stream, names);
  expect(validateLog(events)).toEqual([]);
  expect(validateStream(frames)).toEqual([]);
  const refused = model.journal.messages().filter((entry) => entry.verdict !== null);
  expect(refused.map((entry) => entry.verdict)).toEqual([]);
});
