/** Models as `GET /v1/models` tells them. */
import { z } from "zod";
import { Timestamp } from "./fields.ts";
import { anyOf, filter, pageLimit, queryReader } from "./queries.ts";

export const CapabilitySupport = z.object({ supported: z.boolean() });

export const ModelCapabilities = z.object({
  batch: CapabilitySupport,
  citations: CapabilitySupport,
  code_execution: CapabilitySupport,
  context_management: CapabilitySupport.extend({
    clear_thinking_20251015: CapabilitySupport.nullable(),
    clear_tool_uses_20250919: CapabilitySupport.nullable(),
    compact_20260112: CapabilitySupport.nullable(),
  }),
  effort: CapabilitySupport.extend({
    low: CapabilitySupport,
    medium: CapabilitySupport,
    high: CapabilitySupport,
    xhigh: CapabilitySupport.nullable(),
    max: CapabilitySupport,
  }),
  image_input: CapabilitySupport,
  pdf_input: CapabilitySupport,
  server_tools: CapabilitySupport.extend({ code_execution: CapabilitySupport, web_search: CapabilitySupport }),
  structured_outputs: CapabilitySupport,
  thinking: CapabilitySupport.extend({
    types: z.object({
      adaptive: CapabilitySupport,
      between_tools: CapabilitySupport,
      disabled: CapabilitySupport,
      enabled: CapabilitySupport,
    }),
  }),
});
export type ModelCapabilities = z.infer<typeof ModelCapabilities>;

export const LIFECYCLES = ["active", "deprecated", "retired"] as const;

export const ModelInfo = z.object({
  type: z.literal("model"),
  id: z.string(),
  display_name: z.string(),
  lifecycle: z.enum(LIFECYCLES),
  line: z.enum(["haiku", "sonnet", "opus", "fable", "mythos"]).nullable(),
  capabilities: ModelCapabilities.nullable(),
  max_input_tokens: z.int().nullable(),
  max_tokens: z.int().nullable(),
  created_at: Timestamp,
  deprecated_at: Timestamp.nullable(),
  retires_at: Timestamp.nullable(),
});
export type ModelInfo = z.infer<typeof ModelInfo>;

export const modelListQuery = queryReader(
  z
    .strictObject({
      limit: pageLimit(20, 1_000),
      before_id: filter,
      after_id: filter,
      "lifecycle[]": anyOf(LIFECYCLES),
    })
    .refine((query) => !query.before_id || !query.after_id, {
      message: "cannot be combined with after_id; send one of the two",
      path: ["before_id"],
    })
    .transform(({ "lifecycle[]": lifecycle, ...rest }) => ({ ...rest, lifecycle })),
);
