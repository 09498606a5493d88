/** Roles, blocks and their fields (spec/messages.md §1, §2, §7, §8). */
import { BLOCK_BETAS } from "../betas.ts";
import { type Fields, fields, given, isFields, list, text } from "../json.ts";
import { type Block, pathOf, readContent } from "../message.ts";
import type { Request } from "../request.ts";
import { extra, firstOf, invalid, type Refusal, type Rule, rule, withoutBeta } from "../rule.ts";
import { BLOCKS, type FieldType, type Stand } from "../shapes.ts";

const MESSAGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  user: ["role", "content"],
  assistant: ["role", "content"],
  system: ["role", "content", "clear_at", "output_config"],
};

interface Found {
  block: Block;
  stand: Stand;
  path: string;
}

const found = new WeakMap<Request, Found[]>();

/** Every block with its place, those inside tool results included. Kept, since each rule asks. */
function everyBlock(request: Request): Found[] {
  const blocks = found.get(request) ?? [...walkBlocks(request)];
  found.set(request, blocks);
  return blocks;
}

function* walkBlocks(request: Request): Generator<Found> {
  for (const [j, block] of request.system.entries()) yield { block, stand: "system", path: `system.${j}` };
  for (const [i, message] of request.messages.entries()) {
    for (const [j, block] of message.content.entries()) {
      yield { block, stand: message.role as Stand, path: pathOf(i, j) };
      if (block.type !== "tool_result") continue;
      for (const [k, inner] of readContent(block.content).entries()) {
        yield { block: inner, stand: "result", path: `${pathOf(i, j)}.content.${k}` };
      }
    }
  }
}

function eachBlock(id: string, check: (found: Found, request: Request) => Refusal | null): Rule {
  return rule(id, (request) => firstOf(everyBlock(request), (found) => check(found, request)));
}

function hasType(value: unknown, type: FieldType): boolean {
  if (type === "string") return typeof value === "string";
  if (type === "array") return Array.isArray(value);
  return type === "object" ? isFields(value) : value !== undefined;
}

function cites(block: Fields): boolean {
  return list(block.citations).length > 0;
}

export const blockRules: readonly Rule[] = [
  rule("messages.role", ({ messages }) =>
    firstOf(messages, ({ role }, i) =>
      role in MESSAGE_KEYS ? null : invalid("Input should be 'user', 'assistant' or 'system'", `messages.${i}.role`),
    ),
  ),
  rule("messages.keys", ({ messages }) =>
    firstOf(messages, ({ role, sent }, i) =>
      firstOf(Object.keys(sent), (key) => (MESSAGE_KEYS[role]?.includes(key) ? null : extra(`messages.${i}.${key}`))),
    ),
  ),
  rule("messages.content", ({ messages, body }) => {
    const contents = messages.map(({ sent }, i): [unknown, string] => [sent.content, `messages.${i}.content`]);
    if (given(body.system)) contents.push([body.system, "system"]);
    return firstOf(contents, ([content, path]) => {
      const optional = content === undefined && path !== "system";
      const whole = typeof content === "string" || (Array.isArray(content) && content.every(isFields));
      return whole || optional ? null : invalid("Input should be a valid string or list of blocks", path);
    });
  }),
  rule("messages.non_empty", ({ messages }) =>
    firstOf(messages, ({ role, content, sent }, i) => {
      const configOnly = role === "system" && given(fields(sent.output_config).effort);
      return content.length > 0 || configOnly
        ? null
        : invalid("all messages must have non-empty content", `messages.${i}`);
    }),
  ),
  rule("messages.first_user", ({ messages }) => {
    const compacted = messages[0]?.content[0]?.type === "compaction";
    const first = messages[0]?.role === "user" || compacted;
    return first ? null : invalid('first message must use the "user" role', "messages");
  }),
  eachBlock("blocks.type", ({ block, stand, path }, { version, memory }) => {
    if (stand === "assistant" && memory.gaveOut(block.type)) return null;
    const barred = block.type === "document" && stand === "assistant" && version !== "2023-06-01";
    if (!barred && BLOCKS[block.type]?.stands.includes(stand)) return null;
    return invalid(`Input tag '${block.type}' is not allowed in ${stand} content`, path);
  }),
  eachBlock("blocks.keys", ({ block, path }) => {
    const shape = BLOCKS[block.type];
    if (shape === undefined) return null;
    return firstOf(Object.keys(block), (key) => {
      const known = key === "type" || key in shape.required || shape.optional.includes(key);
      return known ? null : extra(`${path}.${block.type}.${key}`);
    });
  }),
  eachBlock("blocks.required", ({ block, path }) =>
    firstOf(Object.entries(BLOCKS[block.type]?.required ?? {}), ([key, type]) => {
      if (block[key] === undefined) return invalid("Field required", `${path}.${block.type}.${key}`);
      return hasType(block[key], type)
        ? null
        : invalid(`Input should be a valid ${type}`, `${path}.${block.type}.${key}`);
    }),
  ),
  eachBlock("blocks.beta", ({ block, path }, request) =>
    withoutBeta(request, BLOCK_BETAS[block.type]) ? extra(path) : null,
  ),
  eachBlock("blocks.empty_text", ({ block, path }) =>
    block.type === "text" && block.text === "" ? invalid("text content blocks must be non-empty", path) : null,
  ),
  eachBlock("blocks.blank_text", ({ block, path }) =>
    block.type === "text" && text(block.text).trim() === ""
      ? invalid("text content blocks must contain non-whitespace text", path)
      : null,
  ),
  eachBlock("blocks.user_citations", ({ block, stand, path }, { version }) => {
    if (version === "2023-06-01" || stand === "assistant") return null;
    const inner = block.type === "search_result" ? list(block.content).map(fields) : [];
    const cited = [block, ...inner].some((entry) => entry.type === "text" && cites(entry));
    return cited ? invalid("`citations` must be empty on text in a user message", path) : null;
  }),
  eachBlock("blocks.tool_input", ({ block, path }) => {
    const calls = block.type === "tool_use" || block.type === "server_tool_use" || block.type === "mcp_tool_use";
    return !calls || isFields(block.input)
      ? null
      : invalid("Input should be a valid dictionary", `${path}.${block.type}.input`);
  }),
  eachBlock("blocks.tool_id", ({ block, path }) => {
    const wrong = block.type === "tool_use" && !/^[a-zA-Z0-9_-]+$/.test(text(block.id));
    return wrong ? invalid("String should match pattern '^[a-zA-Z0-9_-]+$'", `${path}.tool_use.id`) : null;
  }),
];
