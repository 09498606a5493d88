/** How `/v1/models` tells of a model. */
import type { BetaModelInfo } from "@anthropic-ai/sdk/resources/beta/models";
import type { EffortLevel } from "../../protocol/model-config.ts";
import type { ModelFacts } from "./facts.ts";

const EPOCH = "1970-01-01T00:00:00Z";

/** The model as `GET /v1/models/{id}` shows it. `fallbacks` and server tools are not offered here, whatever the model could do. */
export function modelInfo(facts: ModelFacts): BetaModelInfo {
  const claude = facts.line !== null;
  const levels: readonly EffortLevel[] = facts.effort?.levels ?? [];
  return {
    type: "model",
    id: facts.id,
    display_name: facts.displayName,
    line: facts.line,
    created_at: facts.released ?? EPOCH,
    lifecycle: facts.retiresAt === null ? "active" : "deprecated",
    // The day of the announcement is not in our sources.
    deprecated_at: null,
    retires_at: facts.retiresAt,
    max_input_tokens: facts.contextWindow,
    max_tokens: facts.maxOutput,
    allowed_fallback_models: [],
    capabilities: {
      batch: can(false),
      citations: can(claude),
      code_execution: can(false),
      compaction: { supported: facts.compaction, summarize: can(facts.compaction) },
      context_management: {
        supported: false,
        clear_thinking_20251015: can(false),
        clear_tool_uses_20250919: can(false),
        compact_20260112: can(false),
      },
      effort: {
        supported: facts.effort !== null,
        low: can(levels.includes("low")),
        medium: can(levels.includes("medium")),
        high: can(levels.includes("high")),
        xhigh: can(levels.includes("xhigh")),
        max: can(levels.includes("max")),
      },
      image_input: can(claude),
      pdf_input: can(claude),
      server_tools: { supported: false, code_execution: can(false), web_search: can(false) },
      structured_outputs: can(false),
      thinking: {
        supported: facts.thinking.some((kind) => kind !== "disabled"),
        types: {
          adaptive: can(facts.thinking.includes("adaptive")),
          between_tools: can(facts.thinking.includes("between_tools")),
          disabled: can(facts.thinking.includes("disabled")),
          enabled: can(facts.thinking.includes("enabled")),
        },
      },
    },
  };
}

function can(supported: boolean): { supported: boolean } {
  return { supported };
}
