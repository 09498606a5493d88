/** Money and tokens (spec/core.md §4.10, §4.11). */
import { z } from "zod";

/** Digits of an amount: cents stay exact in a JavaScript number. */
export const MAX_AMOUNT_DIGITS = 15;

/** Whole cents as a string. */
export const MonetaryAmount = z.object({ amount: z.string(), currency: z.literal("USD") });
export type MonetaryAmount = z.infer<typeof MonetaryAmount>;

export const Budget = z.object({ type: z.literal("limit"), max_list_cost: MonetaryAmount });
export type Budget = z.infer<typeof Budget>;

export const BudgetParams = z.strictObject({
  type: z.literal("limit"),
  max_list_cost: z.strictObject({
    amount: z
      .string()
      .regex(/^[1-9][0-9]*$/, 'must be a positive whole number of cents as a string, such as "2500"')
      .max(MAX_AMOUNT_DIGITS, `must have at most ${MAX_AMOUNT_DIGITS} digits`),
    currency: z.literal("USD"),
  }),
});
export type BudgetParams = z.infer<typeof BudgetParams>;

export const CacheCreation = z.object({
  ephemeral_5m_input_tokens: z.int().optional(),
  ephemeral_1h_input_tokens: z.int().optional(),
});

export const ServerToolUse = z.object({
  web_search_requests: z.int().optional(),
  web_fetch_requests: z.int().optional(),
});

const tokens = {
  input_tokens: z.int().optional(),
  output_tokens: z.int().optional(),
  cache_read_input_tokens: z.int().optional(),
  active_seconds: z.number().optional(),
  cache_creation: CacheCreation.optional(),
};

/** Cumulative, of a session or a thread. A thread's cost excludes the runtime charge. */
export const SessionUsage = z.object({
  ...tokens,
  list_cost: MonetaryAmount.nullish(),
  server_tool_use: ServerToolUse.nullish(),
});
export type SessionUsage = z.infer<typeof SessionUsage>;

/** The same inside a `session.usage` event, where nothing is null. */
export const UsageSnapshot = z.object({
  ...tokens,
  list_cost: MonetaryAmount.optional(),
  server_tool_use: ServerToolUse.optional(),
});
export type UsageSnapshot = z.infer<typeof UsageSnapshot>;

/** Of one model request: flat (spec/core.md §4.6). */
export const ModelUsage = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
  speed: z.enum(["standard", "fast"]).nullish(),
});
export type ModelUsage = z.infer<typeof ModelUsage>;
