/** Token counts of an answer (spec/messages.md §10, §13): complete, with null for what does not apply. */
import type { InputUsage } from "./cache.ts";
import type { Part } from "./frames.ts";
import type { Fields } from "./json.ts";
import { isThinking } from "./message.ts";
import type { Request } from "./request.ts";
import { tokensOf } from "./tokens.ts";

export interface Usage {
  full: Fields;
  start: Fields;
  end: Fields;
}

export function usageOf(request: Request, parts: Part[], input: InputUsage, given: Fields = {}): Usage {
  const compacting = parts.some(({ block }) => block.type === "compaction");
  const written = input.written["5m"] + input.written["1h"];
  const output = count(parts);
  const side = {
    input_tokens: input.input,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: input.read,
    cache_creation: { ephemeral_5m_input_tokens: input.written["5m"], ephemeral_1h_input_tokens: input.written["1h"] },
  };
  const iterations = compacting ? [{ type: "compaction", ...side, output_tokens: output }] : null;
  const full: Fields = {
    ...(compacting ? ZERO : side),
    output_tokens: compacting ? 0 : output,
    output_tokens_details: { thinking_tokens: count(parts.filter(({ block }) => isThinking(block))) },
    server_tool_use: null,
    service_tier: "standard",
    inference_geo: "not_available",
    speed: request.body.speed ?? null,
    ...(request.betas.size > 0 ? { iterations, fallback_credit: null } : {}),
    ...given,
  };
  const { cache_creation: _split, service_tier: _tier, inference_geo: _geo, speed: _speed, ...end } = full;
  return { full, start: { ...full, output_tokens: 1, output_tokens_details: null }, end };
}

const ZERO = {
  input_tokens: 0,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
};

function count(parts: Part[]): number {
  let bytes = 0;
  for (const { block, json } of parts) bytes += Buffer.byteLength(json ?? JSON.stringify(block));
  return tokensOf(bytes);
}
