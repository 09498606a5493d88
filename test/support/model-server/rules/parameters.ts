/** Top-level parameters: known names, values, limits, beta headers (spec/messages.md §1, §2, §3). */
import { FAST_MODE, PARAMETER_BETAS } from "../betas.ts";
import { given, isFields, list, text } from "../json.ts";
import type { Request } from "../request.ts";
import { extra, firstOf, invalid, type Refusal, type Rule, rule, withoutBeta } from "../rule.ts";

const MAX_MESSAGES = 100_000;
const SAMPLING = ["temperature", "top_p", "top_k"];
const COUNTED =
  `messages model billing_policy cache_control compaction context_management mcp_servers output_config output_format
  speed system thinking tool_choice tools`.split(/\s+/);
const PARAMETERS: Record<Request["endpoint"], ReadonlySet<string>> = {
  models: new Set(),
  count_tokens: new Set(COUNTED),
  messages: new Set([
    ...COUNTED,
    ...`max_tokens container diagnostics fallback_credit_token fallbacks inference_geo metadata service_tier stop_sequences stream
      thread`.split(/\s+/),
  ]),
};

type Check = (value: unknown) => boolean;
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);
const onlyKeys = (value: unknown, ...keys: string[]): boolean =>
  isFields(value) && Object.keys(value).every((key) => keys.includes(key));
const isText: Check = (value) => typeof value === "string";

/** Values of parameters that no other family looks at. */
const VALUES: Readonly<Record<string, [Check, string]>> = {
  stream: [(value) => typeof value === "boolean", "Input should be a valid boolean"],
  stop_sequences: [
    (value) => Array.isArray(value) && value.every((entry) => text(entry).trim() !== ""),
    "each stop sequence must contain non-whitespace",
  ],
  metadata: [(value) => onlyKeys(value, "user_id"), "Extra inputs are not permitted"],
  service_tier: [oneOf("auto", "standard_only"), "Input should be 'auto' or 'standard_only'"],
  speed: [oneOf("standard", "fast"), "Input should be 'standard' or 'fast'"],
  inference_geo: [isText, "Input should be a valid string"],
  diagnostics: [
    (value) => onlyKeys(value, "previous_message_id") && isFields(value) && nullOrText(value.previous_message_id),
    "Input should be an object with `previous_message_id`",
  ],
};

function nullOrText(value: unknown): boolean {
  return !given(value) || typeof value === "string";
}

export const parameterRules: readonly Rule[] = [
  rule("parameters.sampling", (request) =>
    request.version === "2023-06-01" ? null : firstOf(SAMPLING, (name) => (name in request.body ? extra(name) : null)),
  ),
  rule("parameters.unknown", (request) =>
    firstOf(Object.keys(request.body), (name) => {
      const sampling = request.endpoint === "messages" && SAMPLING.includes(name);
      return sampling || PARAMETERS[request.endpoint].has(name) ? null : extra(name);
    }),
  ),
  rule("parameters.beta", (request) =>
    firstOf(Object.keys(request.body), (name) =>
      given(request.body[name]) && withoutBeta(request, PARAMETER_BETAS[name]) ? extra(name) : null,
    ),
  ),
  rule("parameters.model", ({ body }) => (text(body.model) === "" ? invalid("Field required", "model") : null)),
  rule("parameters.known_model", ({ body, model }) =>
    model ? null : { status: 404, type: "not_found_error", message: `model: ${text(body.model)}`, path: "model" },
  ),
  rule("parameters.max_tokens", ({ endpoint, body }) => {
    if (endpoint === "count_tokens") return null;
    if (!given(body.max_tokens)) return invalid("Field required", "max_tokens");
    const whole = Number.isInteger(body.max_tokens) && Number(body.max_tokens) >= 0;
    return whole ? null : invalid("Input should be a whole number, 0 or more", "max_tokens");
  }),
  rule("parameters.max_tokens_limit", ({ body, model }) => {
    const limit = model?.maxOutput ?? 0;
    if (Number(body.max_tokens ?? 0) <= limit) return null;
    const message = `${body.max_tokens} > ${limit}, which is the maximum allowed number of output tokens for ${model?.id}`;
    return invalid(message, "max_tokens");
  }),
  rule("parameters.messages", ({ body }) => {
    if (!given(body.messages)) return invalid("Field required", "messages");
    if (!Array.isArray(body.messages)) return invalid("Input should be a valid list", "messages");
    return body.messages.length > 0 ? null : invalid("at least one message is required", "messages");
  }),
  rule("parameters.message_count", ({ body }) =>
    list(body.messages).length <= MAX_MESSAGES
      ? null
      : invalid(`List should have at most ${MAX_MESSAGES} items`, "messages"),
  ),
  rule("parameters.values", ({ body }) =>
    firstOf(Object.entries(VALUES), ([name, [passes, message]]): Refusal | null =>
      !given(body[name]) || passes(body[name]) ? null : invalid(message, name),
    ),
  ),
  rule("parameters.speed", (request) => {
    const { body, model } = request;
    if (body.speed !== "fast" || model?.fast === "yes" || model?.fast === "ignored") return null;
    if (model?.fast === "beta") return withoutBeta(request, [FAST_MODE]) ? extra("speed") : null;
    return invalid(`fast mode is not supported for ${model?.id}`, "speed");
  }),
];
