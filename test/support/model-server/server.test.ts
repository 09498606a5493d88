import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { say } from "./answer.ts";
import { DISPLAY_UPDATES } from "./betas.ts";
import { bodyOf } from "./journal.ts";
import { remoteModelServer } from "./remote.ts";
import { startModelServer } from "./server.ts";

type Message = Anthropic.Beta.BetaMessageParam;

const server = await startModelServer();
const client = new Anthropic({ baseURL: server.url, apiKey: "sk-test", maxRetries: 0 });
const BOUND = { model: "claude-opus-5-5", max_tokens: 1000 };
const TOOLS: Anthropic.Beta.BetaTool[] = [{ name: "bash", input_schema: { type: "object" } }];
const hello: Message[] = [{ role: "user", content: "hello" }];

beforeEach(() => server.reset());
afterAll(() => server.close());

function ask(more: Partial<Anthropic.Beta.MessageCreateParamsNonStreaming> = {}) {
  return client.beta.messages.create({ ...BOUND, messages: hello, ...more });
}

async function events(more: Partial<Anthropic.Beta.MessageCreateParamsStreaming> = {}) {
  const stream = await client.beta.messages.create({ ...BOUND, messages: hello, ...more, stream: true });
  const seen: Anthropic.Beta.BetaRawMessageStreamEvent[] = [];
  for await (const event of stream) seen.push(event);
  return seen;
}

describe("answers", () => {
  it("gives the default, then what is queued, in order", async () => {
    server.queue(say("one"), say("two"));
    const texts: string[] = [];
    for (let i = 0; i < 3; i++)
      texts.push(...(await ask()).content.map((block) => (block.type === "text" ? block.text : "")));
    expect(texts).toEqual(["one", "two", "Done."]);
  });

  it("streams the same message that it gives whole", async () => {
    const answer = {
      blocks: [{ type: "thinking" as const }, { type: "text" as const, text: "A longer text, in pieces. 🙂" }],
    };
    server.queue(answer, answer);
    const whole = await ask();
    const streamed = await client.beta.messages.stream({ ...BOUND, messages: hello }).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens);
    expect(streamed.stop_reason).toBe("end_turn");
  });

  it("frames a tool use with an empty first delta and thinking with its signature last", async () => {
    server.queue({ blocks: [{ type: "thinking" }, { type: "tool_use", name: "bash", input: { command: "ls" } }] });
    const seen = await events({ tools: TOOLS });
    const deltas = seen.flatMap((event) => (event.type === "content_block_delta" ? [event.delta] : []));
    expect(deltas.map(({ type }) => type)).toEqual([
      "thinking_delta",
      "signature_delta",
      ...["input_json_delta", "input_json_delta"],
    ]);
    expect(deltas[0]).toMatchObject({ thinking: "" });
    expect(deltas[2]).toMatchObject({ partial_json: "" });
    expect(seen.at(-2)).toMatchObject({ type: "message_delta", delta: { stop_reason: "tool_use" } });
    expect(seen.at(-1)).toEqual({ type: "message_stop" });
  });

  it("shows a progress update only to those who ask for updates", async () => {
    const answer = {
      blocks: [
        { type: "thinking" as const, text: "Looking at the file." },
        { type: "tool_use" as const, name: "bash", input: {} },
      ],
    };
    server.queue(answer, answer);
    const [silent] = (await ask({ tools: TOOLS })).content;
    const updates = { thinking: { type: "adaptive" as const, display: "updates" as const }, betas: [DISPLAY_UPDATES] };
    const [shown] = (await ask({ tools: TOOLS, ...updates })).content;
    expect(silent).toMatchObject({ type: "thinking", thinking: "" });
    expect(shown).toMatchObject({ type: "thinking", thinking: "Looking at the file." });
  });

  it("leaves thinking out where the request turns it off", async () => {
    server.queue({ blocks: [{ type: "thinking", text: "hm" }, ...say("hi").blocks] });
    const { content } = await ask({ model: "claude-opus-5", thinking: { type: "disabled" } });
    expect(content.map(({ type }) => type)).toEqual(["text"]);
  });

  it("takes back every block it gave out, unknown ones too, and continues a paused turn", async () => {
    const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } };
    const blocks = [{ type: "future_block", note: "kept" }, search].map((block) => ({ type: "raw" as const, block }));
    server.queue({ blocks, stop_reason: "pause_turn" });
    const paused = await ask();
    expect(paused).toMatchObject({ stop_reason: "pause_turn", content: [{ type: "future_block" }, search] });
    const on: Message[] = [
      ...hello,
      { role: "assistant", content: paused.content as Anthropic.Beta.BetaContentBlockParam[] },
    ];
    expect((await ask({ messages: on })).stop_reason).toBe("end_turn");
    server.reset();
    await expect(ask({ messages: on })).rejects.toThrow("Input tag 'future_block'");
  });

  it("refuses to go on with its reasons", async () => {
    const stop_details = { type: "refusal", category: "cyber", explanation: null };
    server.queue({ blocks: [], stop_reason: "refusal", stop_details });
    expect((await events()).at(-2)).toMatchObject({ delta: { stop_reason: "refusal", stop_details } });
  });

  it("cuts tool JSON with max_tokens", async () => {
    server.queue({ blocks: [{ type: "tool_use_cut", name: "bash", partial: '{"command":"rm -r' }] });
    const seen = await events({ tools: TOOLS });
    const json = seen.map((event) =>
      event.type === "content_block_delta" && event.delta.type === "input_json_delta" ? event.delta.partial_json : "",
    );
    expect(json.join("")).toBe('{"command":"rm -r');
    expect(seen.at(-2)).toMatchObject({ delta: { stop_reason: "max_tokens" } });
  });
});

describe("scripts", () => {
  it("answers by the number of turns since the key, the same again for a repeated request", async () => {
    server.script("abc", [say("first"), say("second")]);
    const opening: Message[] = [{ role: "user", content: "do it [script:abc]" }];
    const first = await ask({ messages: opening });
    const again = await ask({ messages: opening });
    expect(again.content).toEqual(first.content);
    const next: Message[] = [
      ...opening,
      { role: "assistant", content: first.content },
      { role: "user", content: "on" },
    ];
    expect((await ask({ messages: next })).content).toMatchObject([{ text: "second" }]);
    expect(server.journal.messages("abc").map(({ answer }) => [answer?.index, answer?.attempt])).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
    ]);
  });

  it("goes on after a compaction", async () => {
    server.script("long", [say("first"), say("second")]);
    const opening: Message[] = [{ role: "user", content: "[script:long]" }];
    const first = await ask({ messages: opening });
    const so_far: Message[] = [...opening, { role: "assistant", content: first.content }];
    const betas = ["compact-2026-09-04" as const];
    const compacted = await ask({ messages: so_far, compaction: { type: "summarize" }, betas });
    expect(compacted).toMatchObject({ stop_reason: "compaction", usage: { input_tokens: 0, output_tokens: 0 } });
    expect(compacted.usage.iterations).toMatchObject([{ type: "compaction" }]);
    const on: Message[] = [
      { role: "assistant", content: compacted.content },
      { role: "user", content: "on" },
    ];
    expect((await ask({ messages: on, betas })).content).toMatchObject([{ text: "second" }]);
  });
});

describe("usage, diagnostics and other endpoints", () => {
  it("writes the cache once and reads it after", async () => {
    const system = [
      { type: "text" as const, text: "rule ".repeat(1000), cache_control: { type: "ephemeral" as const } },
    ];
    const first = (await ask({ system })).usage;
    const second = (await ask({ system })).usage;
    expect(first.cache_creation_input_tokens).toBeGreaterThan(1000);
    expect(first.cache_read_input_tokens).toBe(0);
    expect(second).toMatchObject({
      input_tokens: first.input_tokens,
      cache_read_input_tokens: first.cache_creation_input_tokens,
      cache_creation_input_tokens: 0,
    });
  });

  it("does not cache below the model's minimum", async () => {
    const { usage } = await ask({ cache_control: { type: "ephemeral" } });
    expect(usage).toMatchObject({ cache_creation_input_tokens: 0, cache_read_input_tokens: 0 });
  });

  it("says why a conversation no longer continues the last one", async () => {
    const first = await ask({ diagnostics: { previous_message_id: null } });
    expect(first.diagnostics).toBeNull();
    const diagnostics = { previous_message_id: first.id };
    const on: Message[] = [...hello, { role: "assistant", content: first.content }, { role: "user", content: "on" }];
    expect((await ask({ messages: on, diagnostics })).diagnostics).toBeNull();
    const changed = await ask({ messages: [{ role: "user", content: "other" }], diagnostics });
    expect(changed.diagnostics).toMatchObject({ cache_miss_reason: { type: "messages_changed" } });
    const other = await ask({ messages: on, system: "new", diagnostics });
    expect(other.diagnostics).toMatchObject({ cache_miss_reason: { type: "system_changed" } });
  });

  it("counts tokens and lists models", async () => {
    const { input_tokens } = await client.messages.countTokens({
      model: BOUND.model,
      messages: hello as Anthropic.MessageParam[],
    });
    expect(input_tokens).toBe((await ask()).usage.input_tokens);
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).toContain(BOUND.model);
    expect((await client.models.retrieve("claude-haiku-4-5")).max_tokens).toBe(64_000);
    await expect(client.models.retrieve("claude-nobody-9")).rejects.toThrow(Anthropic.NotFoundError);
    await expect(
      client.messages.countTokens({ ...BOUND, messages: [] } as Anthropic.MessageCountTokensParams),
    ).rejects.toThrow("max_tokens: Extra inputs are not permitted");
  });
});

describe("the journal", () => {
  it("keeps bytes, verdict and answer, and hides credentials", async () => {
    const raw = '{ "model": "claude-opus-5-5", "max_tokens": 5, "messages": [ {"role":"user","content":"é"} ] }';
    const headers = { "x-api-key": "sk-secret", "anthropic-version": "2026-10-21" };
    await (await fetch(`${server.url}/v1/messages`, { method: "POST", headers, body: raw })).text();
    await expect(ask({ messages: [] })).rejects.toThrow(Anthropic.BadRequestError);
    const [good, bad] = server.journal.messages();
    expect(good?.raw?.toString()).toBe(raw);
    expect(good && bodyOf(good)).toMatchObject({ max_tokens: 5 });
    expect(good).toMatchObject({ status: 200, verdict: null, answer: { source: "default" }, end: "served" });
    expect(good?.headers["x-api-key"]).toMatch(/^sha256:[0-9a-f]{16}$/);
    expect(JSON.stringify(server.journal.entries)).not.toContain("sk-secret");
    expect(bad).toMatchObject({ status: 400, verdict: { rule: "parameters.messages" }, answer: null });
  });

  it("is read and steered from another process", async () => {
    const remote = remoteModelServer(server.url);
    await remote.script("far", [{ ...say("held"), hold: "before_headers" }]);
    const asked = ask({ messages: [{ role: "user", content: "[script:far]" }] });
    await remote.held();
    expect(await remote.release("near")).toBe(0);
    expect(await remote.release("far")).toBe(1);
    expect((await asked).content).toMatchObject([{ text: "held" }]);
    const [entry] = await remote.journal({ key: "far", wait: 1 });
    expect(entry).toMatchObject({ path: "/v1/messages", answer: { key: "far" } });
    expect(new TextDecoder().decode(await remote.body(entry?.index ?? -1))).toBe(entry?.body_text);
    await remote.reset();
    expect(await remote.journal()).toEqual([]);
  });

  it("keeps only the hash of long bodies when told so", async () => {
    const small = await startModelServer({ keepUpTo: 10 });
    await new Anthropic({ baseURL: small.url, apiKey: "k" }).messages.create({
      ...BOUND,
      messages: [{ role: "user", content: "x" }],
    });
    expect(small.journal.entries[0]).toMatchObject({ raw: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    await small.close();
  });
});
