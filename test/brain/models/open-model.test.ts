import { describe, expect, test } from "vitest";
import type { ModelRequest, RawEvent } from "../../../src/brain/model.ts";
import { openModel } from "../../../src/brain/models/open-model.ts";
import { collect } from "./collect.ts";

async function ask(settings: Record<string, string>, model: string): Promise<RawEvent[]> {
  const bytes = new TextEncoder().encode('{"messages":[]}');
  const request: ModelRequest = {
    model,
    betas: [],
    body: () => bytes,
    length: bytes.length,
    signal: new AbortController().signal,
  };
  const opened = openModel({ read: (name) => settings[name], sleep: async () => undefined });
  return collect(opened.stream(request));
}

describe("a request goes", () => {
  test("to the scripted model where it is offered", async () => {
    expect((await ask({ REHEARSAL: "1", REHEARSAL_PACE: "0,0" }, "rehearsal")).at(-1)?.type).toBe("message_stop");
    await expect(ask({}, "rehearsal")).rejects.toMatchObject({
      kind: "not_configured",
      message: expect.stringMatching(/REHEARSAL/),
    });
    await expect(ask({ REHEARSAL: "0" }, "rehearsal")).rejects.toMatchObject({ kind: "not_configured" });
  });

  test("to the endpoint of its row", async () => {
    const port = 1;
    const PROVIDERS = JSON.stringify([
      { match: ["acme/*"], base_url: `http://127.0.0.1:${port}`, key_binding: "ACME_KEY" },
    ]);
    await expect(ask({ PROVIDERS, ACME_KEY: "k" }, "acme/x")).rejects.toMatchObject({ kind: "network" });
    await expect(ask({ PROVIDERS }, "acme/x")).rejects.toMatchObject({
      kind: "not_configured",
      message: expect.stringMatching(/ACME_KEY/),
    });
  });

  test("nowhere without a row or a key, and a malformed setting fails the request, not the start", async () => {
    await expect(ask({}, "claude-opus-5-5")).rejects.toMatchObject({
      message: expect.stringMatching(/ANTHROPIC_API_KEY/),
    });
    await expect(ask({ ANTHROPIC_API_KEY: "k" }, "gpt")).rejects.toMatchObject({
      message: expect.stringMatching(/PROVIDERS/),
    });
    const broken = { PROVIDERS: "{", REHEARSAL: "1", REHEARSAL_PACE: "0,0" };
    await expect(ask(broken, "claude-opus-5-5")).rejects.toMatchObject({
      kind: "not_configured",
      message: expect.stringMatching(/not valid JSON/),
    });
    expect((await ask(broken, "rehearsal")).at(-1)?.type).toBe("message_stop");
  });
});
