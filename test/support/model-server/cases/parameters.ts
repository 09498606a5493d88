/** Headers, body, parameters. */
import { body, OLD, type RuleCase, user, words } from "./ask.ts";

const GOOD = { passes: {} };
const without = (header: string) => ({ headers: { [header]: undefined } });
const manyMessages = (count: number) => body({ messages: Array.from({ length: count }, () => user(words("x"))) });

export const PARAMETER_CASES: Record<string, RuleCase> = {
  "headers.credential": {
    passes: { headers: { "x-api-key": undefined, authorization: "Bearer sk-test" } },
    refused: without("x-api-key"),
    status: 401,
  },
  "headers.version": { ...GOOD, refused: without("anthropic-version") },
  "headers.known_version": {
    passes: { headers: { "anthropic-version": "2023-06-01" } },
    refused: { headers: { "anthropic-version": "2024-01-01" } },
  },
  "headers.known_beta": {
    passes: { betas: ["prompt-caching-2024-07-31"] },
    refused: { betas: ["prompt-caching-2024-07-31", "no-such-beta-2026-01-01"] },
  },
  "body.size": {
    passes: body({ messages: [user(words("x".repeat(3_000_000)))] }),
    refused: body({ messages: [user(words("x".repeat(32_000_000)))] }),
    status: 413,
  },
  "body.json": { ...GOOD, refused: { raw: new TextEncoder().encode('{"model":') } },
  "parameters.sampling": {
    passes: { headers: { "anthropic-version": "2023-06-01" }, body: { temperature: 1 } },
    refused: body({ temperature: 1 }),
  },
  "parameters.unknown": { passes: body({ inference_geo: "us" }), refused: body({ prompt: "hello" }) },
  "parameters.beta": {
    passes: body({ context_management: { edits: [] } }, ["context-management-2025-06-27"]),
    refused: body({ context_management: { edits: [] } }),
  },
  "parameters.model": { ...GOOD, refused: body({ model: undefined }) },
  "parameters.known_model": {
    passes: body({ model: "claude-haiku-4-5-20251001" }),
    refused: body({ model: "claude-nobody-9" }),
    status: 404,
  },
  "parameters.max_tokens": { passes: body({ max_tokens: 0 }), refused: body({ max_tokens: undefined }) },
  "parameters.max_tokens_limit": {
    passes: body({ model: OLD, max_tokens: 64_000 }),
    refused: body({ model: OLD, max_tokens: 64_001 }),
  },
  "parameters.messages": { ...GOOD, refused: body({ messages: [] }) },
  "parameters.message_count": { passes: manyMessages(20_000), refused: manyMessages(100_001) },
  "parameters.values": { passes: body({ stream: true }), refused: body({ stream: "yes" }) },
  "parameters.speed": {
    passes: body({ model: "claude-opus-5-5", speed: "fast" }),
    refused: body({ model: "claude-sonnet-5", speed: "fast" }),
  },
};
