/** System messages, compaction, the window, thinking bound to its conversation. */
import { CLEAR_AT, COMPACT_ON_DEMAND, INLINE_TOOLS, MESSAGE_EFFORT } from "../betas.ts";
import type { Fields } from "../json.ts";
import {
  type Ask,
  answered,
  assistant,
  BOUND,
  body,
  MARK,
  type RuleCase,
  result,
  system,
  talk,
  tool,
  user,
  words,
} from "./ask.ts";

const START = user(words("go"));
const NOTE = system(words("The budget is spent."));
const effort = { ...NOTE, output_config: { effort: "low" } };
const cleared = (more: Fields) => ({ ...system(words("Now.", more)), clear_at: "next_user_message" });
const change = (type: string, changed: Fields) => system({ type, tool: changed });
const add = (name: string) => change("tool_addition", { type: "tool_definition", definition: tool({ name }) });
const refer = (name: string) => change("tool_removal", { type: "tool_reference", name });
const inline = (tools: Fields[], ...messages: Fields[]) =>
  body({ tools, messages: [START, ...messages] }, [INLINE_TOOLS]);
const manyTools = (count: number) => Array.from({ length: count }, (_, i) => tool({ name: `t${i}` }));

const compact = (more: Fields, messages: Fields[] = [START]) =>
  body({ compaction: { type: "summarize" }, messages, ...more }, [COMPACT_ON_DEMAND]);
const [SUMMARY = {}] = answered(compact({}), [{ type: "compaction", content: "It began." }]);
const resumed = (...content: Fields[]) => body({ messages: [assistant(...content), START] }, [COMPACT_ON_DEMAND]);
const CHANGED = [{ type: "tool_removal", tool: { type: "tool_reference", name: "bash" } }];

/** A tool loop on a bound model; `content` is what the model said, as given out or altered. */
const loop = (text: string, content: Fields[], id: unknown): Ask =>
  body({
    model: BOUND,
    tools: [tool()],
    messages: [user(words(text)), assistant(...content), user(result(String(id)))],
  });
const SAID = answered(body({ model: BOUND, tools: [tool()], messages: [user(words("count"))] }), [
  { type: "thinking", text: "First I look." },
  { type: "tool_use", name: "bash", input: { command: "ls" } },
]);
const [THOUGHT = {}, CALL = {}] = SAID;
const signature = `${String(THOUGHT.signature).slice(0, -4)}AAA=`;

export const CONVERSATION_CASES: Record<string, RuleCase> = {
  "system.model": { passes: talk(START, NOTE), refused: body({ model: "claude-sonnet-5", messages: [START, NOTE] }) },
  "system.place": { passes: talk(START, NOTE, NOTE, assistant(words("ok")), START), refused: talk(START, NOTE, START) },
  "system.clear_at": {
    passes: { ...talk(START, cleared({})), betas: [CLEAR_AT] },
    refused: { ...talk(START, cleared(MARK)), betas: [CLEAR_AT] },
  },
  "system.effort": {
    passes: body({ model: BOUND, messages: [START, effort] }, [MESSAGE_EFFORT]),
    refused: body({ model: BOUND, messages: [START, effort] }),
  },
  "system.tool_change": {
    passes: inline([tool()], add("read")),
    refused: inline([tool()], change("tool_removal", { type: "tool_definition", definition: tool() })),
  },
  "system.tool_reference": {
    passes: inline([tool()], add("read"), refer("read")),
    refused: inline([tool()], refer("read")),
    code: "tool_reference_unresolved",
  },
  "system.tool_name": {
    passes: inline([tool()], add("read")),
    refused: inline([tool()], add("bash")),
    code: "tool_name_conflict",
  },
  "system.tool_limit": {
    passes: inline(manyTools(9_999), add("last")),
    refused: inline(manyTools(10_000), add("last")),
    code: "available_tools_limit_exceeded",
  },
  "compaction.shape": {
    passes: compact({ compaction: { type: "summarize", instructions: "x".repeat(16_384) } }),
    refused: compact({ compaction: { type: "summarize", instructions: "x".repeat(16_385) } }),
  },
  "compaction.exclusive": { passes: compact({}), refused: compact({ stop_sequences: ["END"] }) },
  "compaction.ambiguous": {
    passes: resumed(SUMMARY),
    refused: resumed(SUMMARY, SUMMARY),
    code: "compaction_block_ambiguous",
  },
  "compaction.misplaced": {
    passes: resumed(SUMMARY, words("More.")),
    refused: { ...talk(START, assistant(SUMMARY), START), betas: [COMPACT_ON_DEMAND] },
    code: "compaction_block_misplaced",
  },
  "compaction.signature_invalid": {
    passes: resumed(SUMMARY),
    refused: resumed({ ...SUMMARY, signature: "AAAA" }),
    code: "compaction_block_signature_invalid",
  },
  "compaction.content_mismatch": {
    passes: resumed(SUMMARY),
    refused: resumed({ ...SUMMARY, content: "It ended." }),
    code: "compaction_block_content_mismatch",
  },
  "compaction.tool_changes_mismatch": {
    passes: resumed(SUMMARY),
    refused: { ...resumed({ ...SUMMARY, tool_changes: CHANGED }), betas: [COMPACT_ON_DEMAND, INLINE_TOOLS] },
    code: "compaction_block_tool_changes_mismatch",
  },
  "compaction.nothing_to_summarize": {
    passes: compact({}),
    refused: compact({}, [assistant(SUMMARY)]),
    code: "compaction_nothing_to_summarize",
  },
  "compaction.model": { passes: compact({}), refused: compact({ model: "claude-haiku-5-5" }) },
  "window.prompt": {
    passes: talk(user(words("x".repeat(3_900_000)))),
    refused: talk(user(words("x".repeat(4_000_000)))),
  },
  "binding.latest_turn": { passes: loop("count", SAID, CALL.id), refused: loop("count", [CALL], CALL.id) },
  "binding.signature": {
    passes: loop("count", SAID, CALL.id),
    refused: loop("other", [{ ...THOUGHT, signature }, CALL], CALL.id),
  },
  "binding.prefix": { passes: loop("count", SAID, CALL.id), refused: loop("recount", SAID, CALL.id) },
};
