import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, type Fault, say } from "./answer.ts";
import { startModelServer } from "./server.ts";

const server = await startModelServer();
const client = new Anthropic({ baseURL: server.url, apiKey: "sk-test", maxRetries: 0 });
const REQUEST = {
  model: "claude-opus-5-5",
  max_tokens: 1000,
  messages: [{ role: "user" as const, content: "[script:f]" }],
};

beforeEach(() => server.reset());
afterAll(() => server.close());

function failing(fault: Fault, more: Partial<Answer> = {}): void {
  server.script("f", [{ ...say("a text that takes more than one delta"), fault, ...more }]);
}

/** Types of the events until the stream ends, and what it threw. */
async function read(signal?: AbortSignal): Promise<{ types: string[]; error: unknown }> {
  const types: string[] = [];
  try {
    const stream = await client.messages.create({ ...REQUEST, stream: true }, { signal });
    for await (const event of stream) types.push(event.type);
    return { types, error: null };
  } catch (error) {
    return { types, error };
  }
}

/** Frames as they came, pings included. */
async function frames(): Promise<string[]> {
  const headers = { authorization: "Bearer sk-test", "anthropic-version": "2026-10-21" };
  const body = JSON.stringify({ ...REQUEST, stream: true });
  const text = await (await fetch(`${server.url}/v1/messages`, { method: "POST", headers, body })).text();
  return [...text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1] as string);
}

describe("faults", () => {
  it("answers with a status, its type, code and retry-after", async () => {
    failing({ kind: "status", status: 429, code: "ramp_limit_exceeded", retry_after: 3 });
    const { error } = await read();
    expect(error).toBeInstanceOf(Anthropic.RateLimitError);
    const failure = error as InstanceType<typeof Anthropic.RateLimitError>;
    expect(failure.errorCode).toBe("ramp_limit_exceeded");
    expect(failure.headers.get("retry-after")).toBe("3");
    expect(failure.requestID).toMatch(/^req_01/);
  });

  it("strikes a set number of attempts, then answers", async () => {
    failing({ kind: "status", status: 529 }, { times: 2 });
    const ends = [await read(), await read(), await read()].map(({ types, error }) => [
      types.at(-1),
      error instanceof Error,
    ]);
    expect(ends).toEqual([
      [undefined, true],
      [undefined, true],
      ["message_stop", false],
    ]);
  });

  it("counts attempts of a queued fault in the queue", async () => {
    server.queue({ ...say("one"), fault: { kind: "status", status: 500 }, times: 1 }, say("two"));
    expect((await read()).error).toBeInstanceOf(Anthropic.InternalServerError);
    const texts = [];
    for (let i = 0; i < 2; i++) texts.push((await client.messages.create(REQUEST)).content[0]);
    expect(texts).toMatchObject([{ text: "one" }, { text: "two" }]);
  });

  it("breaks into a block with an SSE error", async () => {
    failing({ kind: "sse_error", type: "overloaded_error" });
    const { types, error } = await read();
    expect(types).toEqual(["message_start", "content_block_start", "content_block_delta"]);
    expect(error).toMatchObject({ type: "overloaded_error", status: undefined });
  });

  it("ends cleanly without message_stop", async () => {
    failing({ kind: "cut", after: 3 });
    expect(await read()).toEqual({
      types: ["message_start", "content_block_start", "content_block_delta"],
      error: null,
    });
  });

  it("breaks the connection", async () => {
    failing({ kind: "cut", after: 3, reset: true });
    const { types, error } = await read();
    expect(types).toEqual(["message_start", "content_block_start", "content_block_delta"]);
    expect(error).toBeInstanceOf(Error);
  });

  it.each<Fault>([{ kind: "stall", after: 2 }, { kind: "no_answer" }])(
    "stays silent with $kind until the client leaves",
    async (fault) => {
      failing(fault);
      const gone = new AbortController();
      const reading = read(gone.signal);
      await server.journal.waitFor(1);
      gone.abort();
      await reading;
      await server.journal.settled();
      expect(server.journal.entries[0]).toMatchObject({ end: "left", status: fault.kind === "stall" ? 200 : null });
    },
  );

  it("pings, then goes on", async () => {
    failing({ kind: "pings", every_ms: 1, count: 3 });
    const seen = await frames();
    expect(seen.slice(0, 5)).toEqual(["message_start", "ping", "ping", "ping", "content_block_start"]);
    expect(seen.at(-1)).toBe("message_stop");
  });

  it("gives the fault's status where nothing streams", async () => {
    failing({ kind: "sse_error", type: "overloaded_error" });
    await expect(client.messages.create(REQUEST)).rejects.toMatchObject({ status: 529, type: "overloaded_error" });
    failing({ kind: "cut", after: 1 });
    await expect(client.messages.create(REQUEST)).rejects.toThrow();
  });
});

describe("holds", () => {
  it.each(["before_headers", "after_headers", "after_first_delta", "before_stop"] as const)(
    "waits %s",
    async (hold) => {
      server.script("f", [{ ...say("a text that takes more than one delta"), hold }]);
      const reading = read();
      await server.held();
      expect(server.journal.entries[0]?.end).toBe("open");
      expect(server.release()).toBe(1);
      expect((await reading).types.at(-1)).toBe("message_stop");
      await server.journal.settled();
      expect(server.journal.entries[0]?.end).toBe("served");
    },
  );

  it("shows the first delta before it waits", async () => {
    server.script("f", [{ ...say("a text that takes more than one delta"), hold: "after_first_delta" }]);
    const stream = await client.messages.create({ ...REQUEST, stream: true });
    const seen: string[] = [];
    for await (const event of stream) {
      seen.push(event.type);
      if (event.type === "content_block_delta" && seen.filter((type) => type === event.type).length === 1) {
        await server.held();
        server.release();
      }
    }
    expect(seen.filter((type) => type === "content_block_delta").length).toBeGreaterThan(1);
  });

  it("notes a client that left", async () => {
    server.script("f", [{ ...say("never read"), hold: "after_headers" }]);
    const gone = new AbortController();
    const reading = read(gone.signal);
    await server.held();
    gone.abort();
    await reading;
    await server.journal.settled();
    expect(server.journal.entries[0]).toMatchObject({ end: "left", answer: { key: "f", attempt: 1 } });
  });
});
