import type { OfferedTool } from "../../hands/registry.ts";
import type { ToolsNote } from "../../log/notes.ts";
import type { ThreadState } from "../../log/state.ts";

/** How the tools of a turn that begins differ from what the model was told of (spec/messages.md §5, §6). */
export interface ToolChange {
  note: ToolsNote;
  /** JSON text of the system turn that tells the model; null: nothing is told. */
  blocks: string | null;
}

/**
 * UTF-16 units of definitions in one conversation. The provider takes 4 MB of tools in all, and the head of the request has its own.
 * @inferred
 */
const MAX_TOLD = 2 * 1024 * 1024;

/**
 * What becomes of the tools when a turn begins in this state; null: they stay. `tools` opens a table by its place (`Agents`). `tells`: the model
 * takes system turns. What cannot be told by additions and removals goes to the head of the request instead: another definition under a known
 * name, a name that was defined in the conversation before, an addition to no tools at all.
 */
export function toolChange(
  { agents, requested }: Pick<ThreadState, "agents" | "requested">,
  tools: (place: number) => ReadonlyMap<string, OfferedTool>,
  tells: boolean,
): ToolChange | null {
  const { newest, inForce } = agents;
  if (newest === inForce) return null;
  const note = { agent: newest, opens: false, told: false, added: [], bytes: 0 };
  const told = requested ? difference(tools(agents.opening), tools(inForce), tools(newest), agents.added) : null;
  if (told?.blocks.length === 0) return { note, blocks: null };
  const blocks = told && JSON.stringify(told.blocks);
  if (!told || !blocks || !tells || agents.bytes + blocks.length > MAX_TOLD)
    return { note: { ...note, opens: true }, blocks: null };
  return { note: { ...note, told: true, added: told.added, bytes: blocks.length }, blocks };
}

/** Blocks from one table to the next, removals first; null when blocks cannot say it. */
function difference(
  opening: ReadonlyMap<string, OfferedTool>,
  before: ReadonlyMap<string, OfferedTool>,
  after: ReadonlyMap<string, OfferedTool>,
  added: readonly string[],
): { blocks: object[]; added: string[] } | null {
  const blocks: object[] = [...before.keys()]
    .filter((name) => !after.has(name))
    .map((name) => ({ type: "tool_removal", tool: { type: "tool_reference", name } }));
  const names: string[] = [];
  for (const [name, tool] of after) {
    const known = before.get(name);
    if (known && same(known, tool)) continue;
    const first = opening.get(name);
    if (opening.size === 0 || added.includes(name) || (first && !same(first, tool))) return null;
    const reference = { type: "tool_reference", name };
    blocks.push({
      type: "tool_addition",
      tool: first ? reference : { type: "tool_definition", definition: tool.definition },
    });
    if (!first) names.push(name);
  }
  return { blocks, added: names };
}

function same(one: OfferedTool, other: OfferedTool): boolean {
  return JSON.stringify(one.definition) === JSON.stringify(other.definition);
}
