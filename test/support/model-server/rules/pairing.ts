/** Tool uses and their results; how a conversation may end (spec/messages.md §0.5, §0.7, §7, §8, §15.2, §15.4). */
import { given, text } from "../json.ts";
import { type Block, type Message, pathOf } from "../message.ts";
import { firstOf, invalid, type Refusal, type Rule, rule } from "../rule.ts";
import { isServerBlock, isServerResult } from "../shapes.ts";

/** Neighbouring messages of one role are one turn (§2); system messages stand for themselves. */
interface Turn {
  role: string;
  blocks: { block: Block; path: string }[];
  /** Index of the turn's first message. */
  at: number;
}

export function turnsOf(messages: Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const [i, { role, content }] of messages.entries()) {
    const blocks = content.map((block, j) => ({ block, path: pathOf(i, j) }));
    const last = turns.at(-1);
    if (last?.role === role && role !== "system") last.blocks.push(...blocks);
    else turns.push({ role, blocks, at: i });
  }
  return turns;
}

/** Ids of the client tools that a turn calls. */
function callsOf(turn: Turn | undefined): string[] {
  if (turn?.role !== "assistant") return [];
  return turn.blocks.filter(({ block }) => block.type === "tool_use").map(({ block }) => text(block.id));
}

function resultsOf(turn: Turn | undefined): string[] {
  if (turn?.role !== "user") return [];
  return turn.blocks.filter(({ block }) => block.type === "tool_result").map(({ block }) => text(block.tool_use_id));
}

/** Whether the turn calls a server tool whose result is still to come. */
function waitsForServer(turn: Turn | undefined): boolean {
  const done = new Set(
    turn?.blocks.filter(({ block }) => isServerResult(block.type)).map(({ block }) => block.tool_use_id),
  );
  return turn?.blocks.some(({ block }) => block.type === "server_tool_use" && !done.has(block.id)) ?? false;
}

function eachTurn(
  id: string,
  check: (turn: Turn, before: Turn | undefined, after: Turn | undefined) => Refusal | null,
): Rule {
  return rule(id, ({ messages }) => {
    const turns = turnsOf(messages);
    return firstOf(turns, (turn, i) => check(turn, turns[i - 1], turns[i + 1]));
  });
}

function repeated(ids: string[]): string | undefined {
  const seen = new Set<string>();
  return ids.find((id) => {
    const again = seen.has(id);
    seen.add(id);
    return again;
  });
}

export const pairingRules: readonly Rule[] = [
  rule("pairing.unique_ids", ({ messages }) => {
    const id = repeated(
      messages.flatMap(({ content }) => content.filter((b) => b.type === "tool_use").map((b) => text(b.id))),
    );
    return id === undefined
      ? null
      : invalid(`\`tool_use\` ids must be unique. Found \`${id}\` more than once`, "messages");
  }),
  eachTurn("pairing.unexpected_result", (turn, before) => {
    const calls = new Set(callsOf(before));
    return firstOf(turn.blocks, ({ block, path }) => {
      if (block.type !== "tool_result" || calls.has(text(block.tool_use_id))) return null;
      const id = text(block.tool_use_id);
      return invalid(
        `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        path,
      );
    });
  }),
  eachTurn("pairing.duplicate_result", (turn) => {
    const id = repeated(resultsOf(turn));
    if (id === undefined) return null;
    const message = `each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`;
    return invalid(message, `messages.${turn.at}`);
  }),
  eachTurn("pairing.unanswered", (turn, _before, after) => {
    const answered = new Set(resultsOf(after));
    const open = callsOf(turn).filter((id) => !answered.has(id));
    if (open.length === 0) return null;
    return invalid(
      `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      `messages.${turn.at}`,
    );
  }),
  eachTurn("pairing.results_first", (turn) => {
    const first = turn.blocks.findIndex(({ block }) => block.type !== "tool_result");
    const late = first < 0 ? undefined : turn.blocks.slice(first).find(({ block }) => block.type === "tool_result");
    return turn.role === "user" && late
      ? invalid("`tool_result` blocks must come before any other content in the message", late.path)
      : null;
  }),
  eachTurn("pairing.only_results", (turn, before) => {
    const other = turn.blocks.find(({ block }) => block.type !== "tool_result");
    return turn.role === "user" && other && callsOf(before).length > 0 && waitsForServer(before)
      ? invalid("only `tool_result` blocks may follow a turn with an unfinished `server_tool_use`", other.path)
      : null;
  }),
  rule("pairing.prefill", ({ messages, model, body }) => {
    const last = messages.at(-1);
    const paused = isServerBlock(last?.content.at(-1)?.type ?? "") || last?.content.at(-1)?.type === "compaction";
    if (last?.role !== "assistant" || model?.prefill || paused || given(body.compaction)) return null;
    return invalid(
      "This model does not support assistant message prefill. The conversation must end with a user message.",
    );
  }),
];
