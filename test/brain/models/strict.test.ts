import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findModel, listModels } from "../../../src/brain/models/facts.ts";
import { MessagesModel } from "../../../src/brain/models/messages-api.ts";
import { costOf } from "../../../src/brain/money/prices.ts";
import { narrates, requestBetas, requestPrefix, requestSuffix } from "../../../src/brain/prompt/request.ts";
import { type Finished, ResponseFold } from "../../../src/brain/response/fold.ts";
import { type Answer, say } from "../../support/model-server/answer.ts";
import type { ModelServer } from "../../support/model-server/contract.ts";
import { startModelServer } from "../../support/model-server/server.ts";

/** Our requests and our replayed responses against a server that refuses what the Messages API refuses. */
let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => server.reset());
afterAll(() => server.close());

const TOOLS = ["bash", "read"].map((name) => ({
  name,
  description: `Does ${name}.`,
  input_schema: { type: "object", properties: {} },
}));
const TURN: Answer = {
  blocks: [
    { type: "thinking" },
    { type: "text", text: "I look." },
    { type: "thinking", text: "Looking around." },
    { type: "tool_use", name: "bash", input: { command: "ls", n: 1.5 } },
    { type: "tool_use", name: "read", input: {} },
  ],
};

interface Asked {
  model: string;
  dropBlock?: boolean;
  system?: string;
  previous?: Finished;
}

/** Sends messages given as JSON texts, as the loop does. */
async function ask(
  messages: string[],
  { model, dropBlock = false, system = "Be brief.", previous }: Asked,
): Promise<Finished> {
  const agent = { model: { id: model }, system };
  const text =
    requestPrefix({ agent, tools: TOOLS, dropBlock }) +
    messages.join(",") +
    requestSuffix({ previousMessageId: previous?.messageId ?? null });
  const bytes = new TextEncoder().encode(text);
  const row = {
    match: ["*"],
    baseUrl: server.url,
    keyBinding: "KEY",
    auth: "bearer",
    version: "2026-10-21",
    headers: {},
  } as const;
  const fold = new ResponseFold({ narrates: narrates(model) });
  const request = {
    model,
    betas: requestBetas({ agent, dropBlock }),
    body: () => bytes,
    length: bytes.length,
    signal: new AbortController().signal,
  };
  for await (const event of new MessagesModel({ row, key: "any" }).stream(request)) fold.push(event);
  return fold.end();
}

function user(text: string): string {
  return JSON.stringify({ role: "user", content: [{ type: "text", text }] });
}

/** The response as the next prompt holds it, with a result for each call. */
function replayed(response: Finished): string[] {
  const uses = response.parts.filter((part) => part.kind === "tool_use");
  const content = uses.map(({ id }) => ({
    type: "tool_result",
    tool_use_id: id,
    content: [{ type: "text", text: "a.csv" }],
  }));
  return [`{"role":"assistant","content":${response.wire}}`, JSON.stringify({ role: "user", content })];
}

describe("a tool turn", () => {
  test.each(listModels().map((model) => model.id))("of %s is accepted, replayed and priced", async (model) => {
    server.queue(TURN, say("Done."));
    const first = await ask([user("hello")], { model });
    expect(first).toMatchObject({ complete: true, stopReason: "tool_use", usage: { estimated: false } });
    const kinds = first.parts.map((part) => part.kind).filter((kind) => kind !== "thinking");
    expect(kinds).toEqual(
      narrates(model) ? ["message", "message", "tool_use", "tool_use"] : ["message", "tool_use", "tool_use"],
    );
    const second = await ask([user("hello"), ...replayed(first)], { model, previous: first });
    expect(second).toMatchObject({
      complete: true,
      stopReason: "end_turn",
      parts: [{ kind: "message", texts: ["Done."] }],
    });
    expect(second.usage && costOf(second.usage, findModel(model), {})).toBeGreaterThan(0);
  });
});

describe("a changed history", () => {
  test("is the failure `prefix`, and drop_block gets past it", async () => {
    const model = "claude-opus-5-5";
    server.queue(TURN);
    const first = await ask([user("hello")], { model });
    const changed = [user("goodbye"), ...replayed(first)];
    await expect(ask(changed, { model })).rejects.toMatchObject({ kind: "prefix", refused: true });
    server.queue(say("Done."));
    expect((await ask(changed, { model, dropBlock: true })).complete).toBe(true);
  });
});

describe("a prompt longer than the window", () => {
  test("is the failure `context`", async () => {
    const long = user("word ".repeat(400_000));
    await expect(ask([long], { model: "claude-haiku-4-5" })).rejects.toMatchObject({ kind: "context", refused: true });
  });
});
