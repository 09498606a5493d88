/** `GET /v1/models` (spec/messages.md §3). */
import type { Fields } from "./json.ts";
import { MODELS, type ModelRow } from "./models.ts";

const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;
const THINKING = ["adaptive", "between_tools", "disabled", "enabled"] as const;

export function listModels(): Fields {
  const data = MODELS.map(modelInfo);
  return { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

export function modelInfo(model: ModelRow): Fields {
  return {
    type: "model",
    id: model.id,
    display_name: model.id,
    created_at: "2026-01-01T00:00:00Z",
    line: model.line,
    lifecycle: "active",
    deprecated_at: null,
    retires_at: null,
    max_input_tokens: model.window,
    max_tokens: model.maxOutput,
    capabilities: {
      batch: supported(true),
      citations: supported(true),
      code_execution: supported(true),
      context_management: {
        supported: true,
        clear_thinking_20251015: supported(true),
        clear_tool_uses_20250919: supported(true),
        compact_20260112: supported(model.compaction),
      },
      effort: {
        ...supported(model.efforts.length > 0),
        ...Object.fromEntries(EFFORTS.map((effort) => [effort, supported(model.efforts.includes(effort))])),
      },
      image_input: supported(true),
      pdf_input: supported(true),
      server_tools: { ...supported(true), code_execution: supported(true), web_search: supported(true) },
      structured_outputs: supported(true),
      thinking: {
        ...supported(true),
        types: Object.fromEntries(THINKING.map((type) => [type, supported(!model.rejects.includes(type))])),
      },
    },
  };
}

function supported(yes: boolean): { supported: boolean } {
  return { supported: yes };
}
