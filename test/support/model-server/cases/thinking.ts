/** Thinking, effort, tools, caching. */
import { BINDING_CONTROLS, DISPLAY_UPDATES } from "../betas.ts";
import {
  answered,
  assistant,
  BOUND,
  body,
  MARK,
  OLD,
  type RuleCase,
  result,
  talk,
  tool,
  use,
  user,
  words,
} from "./ask.ts";

const DROP = { type: "adaptive", block_binding: { prefix_mismatch_behavior: "drop_block" } };
const SCHEMA = { type: "object" };
const hour = { cache_control: { type: "ephemeral", ttl: "1h" } };
const marked = (count: number) => talk(user(...Array.from({ length: count }, (_, i) => words(`part ${i}`, MARK))));
const thought = () => answered(body({ model: BOUND }), [{ type: "thinking" }, { type: "text", text: "hi" }]);

export const THINKING_CASES: Record<string, RuleCase> = {
  "thinking.shape": {
    passes: body({ thinking: { type: "adaptive", display: "summarized" } }),
    refused: body({ thinking: { type: "adaptive", budget_tokens: 2000 } }),
  },
  "thinking.model": {
    passes: body({ model: "claude-opus-5", thinking: { type: "disabled" } }),
    refused: body({ model: BOUND, thinking: { type: "disabled" } }),
  },
  "thinking.effort_limit": {
    passes: body({ model: "claude-opus-5", thinking: { type: "disabled" }, output_config: { effort: "high" } }),
    refused: body({ model: "claude-opus-5", thinking: { type: "disabled" }, output_config: { effort: "xhigh" } }),
  },
  "thinking.budget": {
    passes: body({ model: OLD, max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1999 } }),
    refused: body({ model: OLD, max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 2000 } }),
  },
  "thinking.display": {
    passes: body({ thinking: { type: "adaptive", display: "updates" } }, [DISPLAY_UPDATES]),
    refused: body({ thinking: { type: "adaptive", display: "updates" } }),
  },
  "thinking.block_binding": { passes: body({ thinking: DROP }, [BINDING_CONTROLS]), refused: body({ thinking: DROP }) },
  "output_config.shape": {
    passes: body({ output_config: { effort: null } }),
    refused: body({ output_config: { task_budget: { type: "tokens", total: 1 } } }),
  },
  "output_config.effort": {
    passes: body({ output_config: { effort: "max" } }),
    refused: body({ model: "claude-opus-4-6", output_config: { effort: "xhigh" } }),
  },
  "output_config.format": {
    passes: body({ output_config: { format: { type: "json_schema", schema: {} } } }),
    refused: body({ output_config: { format: { type: "json" } } }),
  },
  "tools.shape": {
    passes: body({ tools: [tool({ type: "custom" }), { type: "bash_20250124", name: "shell" }] }),
    refused: body({ tools: [tool({ parameters: SCHEMA })] }),
  },
  "tools.name": {
    passes: body({ tools: [tool({ name: "a-B_1" })] }),
    refused: body({ tools: [tool({ name: "a b" })] }),
  },
  "tools.input_schema": {
    passes: body({ tools: [tool()] }),
    refused: body({ tools: [tool({ input_schema: { type: "string" } })] }),
  },
  "tools.strict": {
    passes: body({ tools: [tool({ strict: true, input_schema: { ...SCHEMA, additionalProperties: false } })] }),
    refused: body({ tools: [tool({ strict: true })] }),
  },
  "tools.unique": {
    passes: body({ tools: [tool(), tool({ name: "read" })] }),
    refused: body({ tools: [tool(), tool()] }),
  },
  "tools.deferred": {
    passes: body({ tools: [tool(), tool({ name: "read", defer_loading: true })] }),
    refused: body({ tools: [tool({ defer_loading: true })] }),
  },
  "tool_choice.shape": {
    passes: body({ tools: [tool()], tool_choice: { type: "auto", disable_parallel_tool_use: true } }),
    refused: body({ tools: [tool()], tool_choice: { type: "tool", name: "read" } }),
  },
  "tool_choice.without_tools": {
    passes: body({ tool_choice: { type: "none" } }),
    refused: body({ tool_choice: { type: "auto" } }),
  },
  "tool_choice.forced": {
    passes: body({ tools: [tool()], tool_choice: { type: "any" } }),
    refused: body({ model: BOUND, tools: [tool()], tool_choice: { type: "any" } }),
  },
  "tool_choice.thinking": {
    passes: body({ model: OLD, tools: [tool()], tool_choice: { type: "any" } }),
    refused: body({
      ...{ model: OLD, max_tokens: 2000, tools: [tool()], tool_choice: { type: "any" } },
      ...{ thinking: { type: "enabled", budget_tokens: 1024 } },
    }),
  },
  "caching.shape": {
    passes: body({ cache_control: { type: "ephemeral", ttl: "1h" } }),
    refused: body({ cache_control: { type: "ephemeral", ttl: "2h" } }),
  },
  "caching.thinking": {
    passes: body({ model: BOUND, messages: [user(words("hello")), assistant(...thought()), user(words("on"))] }),
    refused: body({
      model: BOUND,
      messages: [user(words("hello")), assistant({ ...thought()[0], ...MARK }), user(words("on"))],
    }),
  },
  "caching.nested": {
    passes: talk(user(words("go")), assistant(use("a")), user(result("a", MARK))),
    refused: talk(user(words("go")), assistant(use("a")), user(result("a", { content: [words("x", MARK)] }))),
  },
  "caching.automatic": {
    passes: body({ ...MARK, messages: [user(words("x", MARK))] }),
    refused: body({ ...MARK, messages: [user(words("x", hour))] }),
  },
  "caching.count": { passes: marked(4), refused: marked(5) },
  "caching.ttl_order": {
    passes: talk(user(words("a", hour), words("b", MARK))),
    refused: talk(user(words("a", MARK), words("b", hour))),
  },
};
