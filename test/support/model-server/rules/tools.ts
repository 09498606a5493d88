/** Tool definitions and `tool_choice` (spec/messages.md §4, §7, §8). */
import { fields, given, isFields, text } from "../json.ts";
import { extra, firstOf, invalid, type Rule, rule } from "../rule.ts";

const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const COMMON = "type name cache_control defer_loading strict allowed_callers".split(" ");
const CUSTOM = [...COMMON, ..."description input_schema eager_input_streaming input_examples".split(" ")];
const WEB = "max_uses allowed_domains blocked_domains response_inclusion".split(" ");
/** What the vendor's own tools take beside the common fields, by the type without its date. */
const VENDOR: Readonly<Record<string, readonly string[]>> = {
  bash: ["input_examples"],
  text_editor: ["input_examples", "max_characters"],
  memory: ["input_examples"],
  computer: "input_examples display_height_px display_width_px display_number enable_zoom".split(" "),
  computer_toolset: ["configs"],
  browser_toolset: ["configs"],
  web_search: [...WEB, "user_location"],
  web_fetch: [...WEB, "citations", "max_content_tokens", "url_sources", "use_cache"],
  code_execution: [],
  advisor: "model caching max_tokens max_uses".split(" "),
  tool_search_tool_bm25: [],
  tool_search_tool_regex: [],
};
const NAMELESS = ["mcp_toolset", "computer_toolset", "browser_toolset"];

function familyOf(tool: { type?: unknown }): string {
  return given(tool.type) ? text(tool.type).replace(/_\d{8}$/, "") : "custom";
}

function keysOf(family: string): readonly string[] | undefined {
  if (family === "custom") return CUSTOM;
  if (family === "mcp_toolset")
    return ["type", "mcp_server_name", "cache_control", "configs", "default_config", "tools"];
  const own = VENDOR[family];
  return own && [...COMMON, ...own];
}

export const toolRules: readonly Rule[] = [
  rule("tools.shape", ({ body }) => {
    if (!given(body.tools)) return null;
    if (!Array.isArray(body.tools)) return invalid("Input should be a valid list", "tools");
    return firstOf(body.tools.map(fields), (tool, i) => {
      const keys = keysOf(familyOf(tool));
      if (keys === undefined) return invalid(`Input tag '${text(tool.type)}' is not a known tool`, `tools.${i}`);
      return firstOf(Object.keys(tool), (key) =>
        keys.includes(key) ? null : extra(`tools.${i}.${familyOf(tool)}.${key}`),
      );
    });
  }),
  rule("tools.name", ({ tools }) =>
    firstOf(tools, (tool, i) => {
      const named = NAMELESS.includes(familyOf(tool)) || NAME.test(text(tool.name));
      return named ? null : invalid("String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", `tools.${i}.name`);
    }),
  ),
  rule("tools.input_schema", ({ tools }) =>
    firstOf(tools, (tool, i) => {
      if (familyOf(tool) !== "custom") return null;
      if (!isFields(tool.input_schema)) return invalid("Field required", `tools.${i}.custom.input_schema`);
      const typed = tool.input_schema.type === "object";
      return typed ? null : invalid("Input should be 'object'", `tools.${i}.custom.input_schema.type`);
    }),
  ),
  rule("tools.strict", ({ tools }) =>
    firstOf(tools, (tool, i) => {
      const open = tool.strict === true && familyOf(tool) === "custom";
      const closed = fields(tool.input_schema).additionalProperties === false;
      if (!open || closed) return null;
      return invalid("For strict tools 'additionalProperties' must be false", `tools.${i}.custom.input_schema`);
    }),
  ),
  rule("tools.unique", ({ tools }) => {
    const seen = new Set<string>();
    return firstOf(tools, (tool) => {
      const name = text(tool.name);
      if (name !== "" && seen.has(name)) return invalid("Tool names must be unique.", "tools");
      seen.add(name);
      return null;
    });
  }),
  rule("tools.deferred", ({ tools }) =>
    tools.length > 0 && tools.every((tool) => tool.defer_loading === true)
      ? invalid("At least one tool must have defer_loading=false.", "tools")
      : null,
  ),
  rule("tool_choice.shape", ({ body, tools }) => {
    const choice = body.tool_choice;
    if (!given(choice)) return null;
    const { type, name } = fields(choice);
    if (!["auto", "none", "any", "tool"].includes(text(type))) {
      return invalid("Input should be 'auto', 'any', 'tool' or 'none'", "tool_choice.type");
    }
    if (type === "tool" && !tools.some((tool) => tool.name === name)) {
      return invalid(`Tool '${text(name)}' not found in provided tools`, "tool_choice.name");
    }
    const keys = [
      "type",
      ...(type === "tool" ? ["name"] : []),
      ...(type === "none" ? [] : ["disable_parallel_tool_use"]),
    ];
    return firstOf(Object.keys(fields(choice)), (key) => (keys.includes(key) ? null : extra(`tool_choice.${key}`)));
  }),
  rule("tool_choice.without_tools", ({ body, tools }) =>
    given(body.tool_choice) && fields(body.tool_choice).type !== "none" && tools.length === 0
      ? invalid("tool_choice may only be specified while providing tools", "tool_choice")
      : null,
  ),
  rule("tool_choice.forced", ({ body, model }) => {
    const forced = ["any", "tool"].includes(text(fields(body.tool_choice).type));
    return forced && !model?.forcedTools
      ? invalid('tool_choice: type "tool" and "any" are not supported for this model.')
      : null;
  }),
  rule("tool_choice.thinking", ({ body }) => {
    const forced = ["any", "tool"].includes(text(fields(body.tool_choice).type));
    return forced && fields(body.thinking).type === "enabled"
      ? invalid("Thinking may not be enabled when tool_choice forces tool use.")
      : null;
  }),
];
