/** `role: "system"` messages: who takes them, where they stand, what they hold (spec/messages.md §4, §6). */
import { CLEAR_AT, INLINE_TOOLS, MESSAGE_EFFORT } from "../betas.ts";
import { fields, given, isFields, text } from "../json.ts";
import { type Block, type Message, pathOf } from "../message.ts";
import type { Request } from "../request.ts";
import { extra, firstOf, invalid, type Refusal, type Rule, rule, withoutBeta } from "../rule.ts";
import { isServerResult } from "../shapes.ts";

const MAX_TOOLS = 10_000;
const EFFORTS = ["low", "medium", "high", "xhigh", "max"];
/** By-value definitions came with the newer header only. */
const REFERENCES = ["tool_reference", "mcp_tool_reference", "mcp_toolset_reference"];

function eachSystem(
  id: string,
  check: (message: Message, path: string, request: Request, at: number) => Refusal | null,
): Rule {
  return rule(id, (request) =>
    firstOf(request.messages, (message, i) =>
      message.role === "system" ? check(message, `messages.${i}`, request, i) : null,
    ),
  );
}

/** The nearest message in one direction that is not a system message: several in a row are allowed. */
function neighbour(messages: Message[], at: number, step: 1 | -1): Message | undefined {
  let i = at + step;
  while (messages[i]?.role === "system") i += step;
  return messages[i];
}

export const systemRules: readonly Rule[] = [
  eachSystem("system.model", (_message, path, { model }) =>
    model?.systemRole ? null : invalid('role "system" is not supported on this model', path),
  ),
  eachSystem("system.place", (_message, path, { messages }, at) => {
    const before = neighbour(messages, at, -1);
    const after = neighbour(messages, at, 1);
    const follows = before?.role === "user" || isServerResult(before?.content.at(-1)?.type ?? "");
    const precedes = after === undefined || after.role === "assistant";
    if (follows && precedes) return null;
    const message =
      "a system message must directly follow a user message and be last or followed by an assistant message";
    return invalid(message, path);
  }),
  eachSystem("system.clear_at", ({ sent, content }, path, request) => {
    if (!given(sent.clear_at)) return null;
    if (withoutBeta(request, [CLEAR_AT])) return extra(`${path}.clear_at`);
    if (sent.clear_at !== "next_user_message" && sent.clear_at !== "never") {
      return invalid("Input should be 'next_user_message' or 'never'", `${path}.clear_at`);
    }
    const plain = content.every((block) => block.type === "text" && !given(block.cache_control));
    return plain || sent.clear_at === "never"
      ? null
      : invalid("a cleared system message holds text only, without `cache_control`", path);
  }),
  eachSystem("system.effort", ({ sent }, path, request) => {
    if (!given(sent.output_config)) return null;
    if (withoutBeta(request, [MESSAGE_EFFORT])) return extra(`${path}.output_config`);
    const unknown = Object.keys(fields(sent.output_config)).find((key) => key !== "effort");
    if (unknown) return extra(`${path}.output_config.${unknown}`);
    const effort = fields(sent.output_config).effort;
    if (given(effort) && !EFFORTS.includes(text(effort)))
      return invalid("Unknown effort", `${path}.output_config.effort`);
    return request.model?.messageEffort ? null : invalid("per-message effort is not supported on this model", path);
  }),
  eachSystem("system.tool_change", ({ content }, _path, request, at) =>
    firstOf(content, (block, j) => checkChange(block, `${pathOf(at, j)}.tool`, request)),
  ),
  rule("system.tool_reference", (request) => {
    const known = new Set(request.tools.map((tool) => text(tool.name)));
    return firstOf(changes(request), ({ block, path }) => {
      const tool = fields(block.tool);
      if (tool.type === "tool_definition") known.add(text(fields(tool.definition).name));
      if (tool.type !== "tool_reference" || known.has(text(tool.name))) return null;
      return invalid(`tool '${text(tool.name)}' is not defined`, path, "tool_reference_unresolved");
    });
  }),
  rule("system.tool_name", (request) => {
    const known = new Set(request.tools.map((tool) => text(tool.name)));
    return firstOf(changes(request), ({ block, path }) => {
      const tool = fields(block.tool);
      if (tool.type !== "tool_definition") return null;
      const name = text(fields(tool.definition).name);
      if (known.has(name)) return invalid(`tool name '${name}' is already defined`, path, "tool_name_conflict");
      known.add(name);
      return null;
    });
  }),
  rule("system.tool_limit", (request) => {
    const added = [...changes(request)].filter(({ block }) => fields(block.tool).type === "tool_definition").length;
    return request.tools.length + added <= MAX_TOOLS
      ? null
      : invalid(`at most ${MAX_TOOLS} tools may be available`, "tools", "available_tools_limit_exceeded");
  }),
];

function* changes(request: Request): Generator<{ block: Block; path: string }> {
  for (const [i, { role, content }] of request.messages.entries()) {
    if (role !== "system") continue;
    for (const [j, block] of content.entries()) {
      if (block.type === "tool_addition" || block.type === "tool_removal")
        yield { block, path: `${pathOf(i, j)}.tool` };
    }
  }
}

function checkChange(block: Block, path: string, request: Request): Refusal | null {
  if (block.type !== "tool_addition" && block.type !== "tool_removal") return null;
  const type = text(fields(block.tool).type);
  if (REFERENCES.includes(type)) return null;
  if (type !== "tool_definition" || block.type === "tool_removal")
    return invalid(`Input tag '${type}' is not allowed`, path);
  if (withoutBeta(request, [INLINE_TOOLS])) return extra(path);
  return isFields(fields(block.tool).definition) ? null : invalid("Field required", `${path}.definition`);
}
