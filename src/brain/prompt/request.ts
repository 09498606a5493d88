/**
 * The two ends of a model request around its messages (spec/messages.md §2, reliability.md §5.6). Pure and byte-stable: the same agent gives the
 * same bytes on every machine and every day, so no date, id or host may enter.
 */
import type { ToolDefinition } from "../../hands/tools/tool.ts";
import type { SessionAgent } from "../../protocol/agents.ts";
import { findModel, type ModelFacts } from "../models/facts.ts";

/** Tokens. Thinking counts in it; a longer answer than this is better continued. */
const MAX_TOKENS = 64_000;
/** At effort xhigh and max thinking alone can pass 64,000 (spec/messages.md §4). */
const MAX_TOKENS_DEEP = 128_000;
/** For models that are not in our table. */
const MAX_TOKENS_UNKNOWN = 32_000;

const NARRATION_BETA = "thinking-display-updates-2026-08-18";
const INLINE_TOOLS_BETA = "inline-tools-2026-09-15";
const BINDING_BETA = "thinking-binding-controls-2026-08-01";

const EPHEMERAL = { type: "ephemeral" } as const;

export interface RequestOptions {
  agent: Pick<SessionAgent, "model" | "system">;
  /** In the order in which the session's first request named them. */
  tools: readonly ToolDefinition[];
  /** Whether the conversation tells of changes to the tools. */
  toolChanges?: boolean;
  /** The history was changed by force: thinking that no longer fits is dropped instead of refused. Once set, for good (spec/messages.md §5). */
  dropBlock?: boolean;
}

/**
 * The JSON request up to and including `"messages":[`. Breakpoints: the end of system (else of the tools) and, by the top-level field, the last
 * block. Effort is always sent where the model takes it, so that a changed default changes nothing.
 */
export function requestPrefix({ agent, tools, dropBlock = false }: RequestOptions): string {
  const { model } = agent;
  const facts = findModel(model.id);
  const hasSystem = (agent.system ?? "").trim() !== "";
  const effort = effortOf(facts, agent);
  const thinking = thinkingOf(facts, dropBlock);
  const head = {
    model: model.id,
    max_tokens: maxTokens(facts, effort),
    stream: true,
    ...(thinking ? { thinking } : {}),
    ...(effort ? { output_config: { effort } } : {}),
    ...(facts?.fast && model.speed === "fast" ? { speed: "fast" } : {}),
    ...(model.inference_geo ? { inference_geo: model.inference_geo } : {}),
    cache_control: EPHEMERAL,
    ...(tools.length > 0 ? { tools: toolsOf(tools, !hasSystem) } : {}),
    ...(hasSystem ? { system: [{ type: "text", text: agent.system, cache_control: EPHEMERAL }] } : {}),
  };
  return `${JSON.stringify(head).slice(0, -1)},"messages":[`;
}

/** The rest of the request after the messages. Asking for diagnostics on every turn shows when the history was not append-only (§9 there). */
export function requestSuffix({ previousMessageId }: { previousMessageId: string | null }): string {
  return `],"diagnostics":${JSON.stringify({ previous_message_id: previousMessageId })}}`;
}

/** The `anthropic-beta` values that the prefix of the same options needs, in a fixed order. */
export function requestBetas({
  agent,
  dropBlock = false,
  toolChanges = false,
}: Pick<RequestOptions, "agent" | "dropBlock" | "toolChanges">): string[] {
  const facts = findModel(agent.model.id);
  const betas: string[] = [];
  if (facts?.narrates) betas.push(NARRATION_BETA);
  if (dropBlock && facts?.thinking.includes("adaptive")) betas.push(BINDING_BETA);
  if (toolChanges) betas.push(INLINE_TOOLS_BETA);
  if (facts?.fast?.beta && agent.model.speed === "fast") betas.push(facts.fast.beta);
  return betas;
}

/** Whether a response of this model shows progress in its thinking blocks, for `ResponseFold`. */
export function narrates(model: string): boolean {
  return findModel(model)?.narrates ?? false;
}

function thinkingOf(facts: ModelFacts | null, dropBlock: boolean): object | null {
  if (!facts?.thinking.includes("adaptive")) return null;
  return {
    type: "adaptive",
    ...(facts.narrates ? { display: "updates" } : {}),
    ...(dropBlock ? { block_binding: { prefix_mismatch_behavior: "drop_block" } } : {}),
  };
}

function effortOf(facts: ModelFacts | null, agent: RequestOptions["agent"]): string | null {
  const level = agent.model.effort?.type ?? facts?.effort?.default;
  return level && facts?.effort?.levels.includes(level) ? level : null;
}

function maxTokens(facts: ModelFacts | null, effort: string | null): number {
  if (!facts) return MAX_TOKENS_UNKNOWN;
  return Math.min(facts.maxOutput, effort === "xhigh" || effort === "max" ? MAX_TOKENS_DEEP : MAX_TOKENS);
}

function toolsOf(tools: readonly ToolDefinition[], marked: boolean): object[] {
  return tools.map(({ name, description, input_schema }, i) => ({
    name,
    description,
    input_schema,
    ...(marked && i === tools.length - 1 ? { cache_control: EPHEMERAL } : {}),
  }));
}
