import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { say } from "./answer.ts";
import { BINDING_CONTROLS } from "./betas.ts";
import { startModelServer } from "./server.ts";

type Message = Anthropic.Beta.BetaMessageParam;

const server = await startModelServer();
const client = new Anthropic({ baseURL: server.url, apiKey: "sk-test", maxRetries: 0 });
const BOUND = { model: "claude-opus-5-5", max_tokens: 1000 };
const TOOLS: Anthropic.Beta.BetaTool[] = [{ name: "bash", input_schema: { type: "object" } }];

beforeEach(() => server.reset());
afterAll(() => server.close());

function ask(more: Partial<Anthropic.Beta.MessageCreateParamsNonStreaming> & { messages: Message[] }) {
  return client.beta.messages.create({ ...BOUND, ...more });
}

describe("bound thinking", () => {
  const opening: Message[] = [{ role: "user", content: "count the lines" }];

  async function started(): Promise<Message[]> {
    server.queue({
      blocks: [{ type: "thinking" }, { type: "tool_use", name: "bash", input: { command: "wc" }, id: "t1" }],
    });
    const { content } = await ask({ messages: opening, tools: TOOLS });
    const result = { type: "tool_result" as const, tool_use_id: "t1", content: "3" };
    return [...opening, { role: "assistant", content }, { role: "user", content: [result] }];
  }

  it("accepts an unchanged history, whatever its cache markers", async () => {
    const history = await started();
    await ask({ messages: history, tools: TOOLS, cache_control: { type: "ephemeral" } });
    expect(server.journal.entries.map(({ verdict }) => verdict)).toEqual([null, null]);
  });

  it("refuses an edited history with the real text", async () => {
    const edited: Message[] = [{ role: "user", content: "count the words" }, ...(await started()).slice(1)];
    const refused = ask({ messages: edited, tools: TOOLS });
    await expect(refused).rejects.toThrow(Anthropic.BadRequestError);
    await expect(refused).rejects.toThrow(
      "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation.",
    );
  });

  it("refuses changed tools and system, but not their markers", async () => {
    const messages = await started();
    await expect(ask({ messages, tools: [] })).rejects.toThrow("different conversation");
    await expect(ask({ messages, tools: TOOLS, system: "Be brief." })).rejects.toThrow("different conversation");
    await ask({ messages, tools: TOOLS.map((tool) => ({ ...tool, cache_control: { type: "ephemeral" as const } })) });
  });

  it("drops blocks on request and says which", async () => {
    const edited: Message[] = [{ role: "user", content: "count the words" }, ...(await started()).slice(1)];
    const drop = {
      thinking: { type: "adaptive" as const, block_binding: { prefix_mismatch_behavior: "drop_block" as const } },
      betas: [BINDING_CONTROLS],
    };
    server.queue({ blocks: [{ type: "thinking" }, ...say("three").blocks] });
    const dropped = await ask({ messages: edited, tools: TOOLS, ...drop });
    const transformation = {
      type: "thinking_dropped",
      path: "messages.1.content.0",
      reason: "prefix_binding_mismatch",
    };
    expect(dropped.input_transformations).toEqual([transformation]);
    const next: Message[] = [
      ...edited,
      { role: "assistant", content: dropped.content },
      { role: "user", content: "on" },
    ];
    expect((await ask({ messages: next, tools: TOOLS, ...drop })).input_transformations).toEqual([transformation]);
  });

  it("drops what another model thought and cannot be read", async () => {
    const messages = await started();
    const read = await ask({ messages, tools: TOOLS, model: "claude-opus-5", betas: [BINDING_CONTROLS] });
    expect(read.input_transformations).toMatchObject([{ reason: "model_binding_mismatch" }]);
    const newer = await ask({ messages, tools: TOOLS, model: "claude-fable-5-1", betas: [BINDING_CONTROLS] });
    expect(newer.input_transformations).toEqual([]);
  });

  it("refuses a gap in the thinking, but not its oldest blocks taken away", async () => {
    const history = opening.slice();
    for (const text of ["one", "two", "three"]) {
      server.queue({ blocks: [{ type: "thinking" }, ...say(text).blocks] });
      const { content } = await ask({ messages: history });
      history.push({ role: "assistant", content }, { role: "user", content: `after ${text}` });
    }
    const plain = (at: number): Message[] =>
      history.map((message, i) => {
        if (i !== at || message.role !== "assistant" || typeof message.content === "string") return message;
        return { ...message, content: message.content.slice(1) };
      });
    await ask({ messages: plain(1) });
    await expect(ask({ messages: plain(3) })).rejects.toThrow("messages.5.content.0: Invalid");
    await expect(ask({ messages: plain(5) })).rejects.toThrow("cannot be modified");
  });
});
