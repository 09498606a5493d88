/** `thinking` and `output_config` against the model's row (spec/messages.md §2, §4). */
import { BINDING_CONTROLS, DISPLAY_UPDATES } from "../betas.ts";
import { type Fields, fields, given, isFields, list, text } from "../json.ts";
import type { ThinkingType } from "../models.ts";
import type { Request } from "../request.ts";
import { extra, firstOf, invalid, type Rule, rule, withoutBeta } from "../rule.ts";

const MIN_BUDGET = 1024;
const KEYS: Readonly<Record<ThinkingType, readonly string[]>> = {
  adaptive: ["type", "display", "block_binding"],
  enabled: ["type", "budget_tokens", "display", "block_binding"],
  disabled: ["type"],
  between_tools: ["type"],
};
const DISPLAYS = ["summarized", "omitted", "updates"];
const EFFORTS = ["low", "medium", "high", "xhigh", "max"];
const ABOVE_HIGH = ["xhigh", "max"];

function typeOf(body: Fields): ThinkingType | undefined {
  const type = text(fields(body.thinking).type);
  return Object.keys(KEYS).includes(type) ? (type as ThinkingType) : undefined;
}

function refusedType({ model }: Request, type: ThinkingType): string {
  if (type === "adaptive") return "adaptive thinking is not supported on this model";
  const instead = model?.line === "sonnet" && type === "disabled" ? "between_tools" : "adaptive";
  return `"thinking.type.${type}" is not supported for this model. Use "thinking.type.${instead}" and "output_config.effort" to control thinking behavior.`;
}

export const thinkingRules: readonly Rule[] = [
  rule("thinking.shape", ({ body }) => {
    if (!given(body.thinking)) return null;
    if (!isFields(body.thinking)) return invalid("Input should be an object", "thinking");
    const type = typeOf(body);
    if (type === undefined) return invalid(`Input should be one of ${Object.keys(KEYS).join(", ")}`, "thinking.type");
    return firstOf(Object.keys(body.thinking), (key) => (KEYS[type].includes(key) ? null : extra(`thinking.${key}`)));
  }),
  rule("thinking.model", (request) => {
    const type = typeOf(request.body);
    const refused = type !== undefined && request.model?.rejects.includes(type);
    return refused ? invalid(refusedType(request, type)) : null;
  }),
  rule("thinking.effort_limit", ({ body, model }) => {
    const type = typeOf(body);
    const high = ABOVE_HIGH.includes(text(fields(body.output_config).effort));
    const limited = type !== undefined && model?.rejectsAboveHigh.includes(type);
    return limited && high ? invalid(`"thinking.type.${type}" is only supported at effort high or below`) : null;
  }),
  rule("thinking.budget", ({ body }) => {
    if (typeOf(body) !== "enabled") return null;
    const budget = Number(fields(body.thinking).budget_tokens);
    const path = "thinking.enabled.budget_tokens";
    if (!(budget >= MIN_BUDGET)) return invalid(`Input should be greater than or equal to ${MIN_BUDGET}`, path);
    const room = body.max_tokens === undefined || budget < Number(body.max_tokens);
    return room ? null : invalid("`max_tokens` must be greater than `thinking.budget_tokens`");
  }),
  rule("thinking.display", (request) => {
    const display = fields(request.body.thinking).display;
    if (!given(display)) return null;
    if (!DISPLAYS.includes(text(display))) {
      return invalid(`Input should be one of ${DISPLAYS.join(", ")}`, "thinking.display");
    }
    return display === "updates" && withoutBeta(request, [DISPLAY_UPDATES]) ? extra("thinking.display") : null;
  }),
  rule("thinking.block_binding", (request) => {
    const binding = fields(request.body.thinking).block_binding;
    if (!given(binding)) return null;
    if (withoutBeta(request, [BINDING_CONTROLS])) return extra("thinking.block_binding");
    const { prefix_mismatch_behavior: behavior = null, ...others } = fields(binding);
    const known = behavior === null || behavior === "error" || behavior === "drop_block";
    if (!known) return invalid("Input should be 'error' or 'drop_block'", "thinking.block_binding");
    return firstOf(Object.keys(others), (key) => extra(`thinking.block_binding.${key}`));
  }),
  rule("output_config.shape", (request) => {
    const config = request.body.output_config;
    if (!given(config)) return null;
    if (!isFields(config)) return invalid("Input should be an object", "output_config");
    const known = ["effort", "format", ...(withoutBeta(request, ["task-budgets-2026-03-13"]) ? [] : ["task_budget"])];
    return firstOf(Object.keys(config), (key) => (known.includes(key) ? null : extra(`output_config.${key}`)));
  }),
  rule("output_config.effort", ({ body, model }) => {
    const effort = fields(body.output_config).effort;
    if (!given(effort)) return null;
    if (!EFFORTS.includes(text(effort))) {
      return invalid(`Input should be one of ${EFFORTS.join(", ")}`, "output_config.effort");
    }
    const supported = list(model?.efforts).includes(effort);
    return supported ? null : invalid(`This model does not support the effort level "${effort}"`);
  }),
  rule("output_config.format", ({ body }) => {
    const format = fields(body.output_config).format;
    if (!given(format)) return null;
    const whole = isFields(format) && format.type === "json_schema" && isFields(format.schema);
    return whole ? null : invalid("Input should be {type: 'json_schema', schema}", "output_config.format");
  }),
];
