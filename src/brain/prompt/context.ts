import { z } from "zod";
import { eventKind } from "../../log/events.ts";
import type { PromptRow } from "../../log/list.ts";
import { CallNote, ResponseNote } from "../../log/notes.ts";
import { parsed } from "../../log/rows.ts";

/**
 * Events to prompt: groups and concatenates, nothing else. What a row holds is already in the form that leaves, so a message is brackets around
 * stored bytes, and a later build that reads the same rows makes the same prompt (reliability.md §5.6).
 */

/** A piece of the prompt: text of our own, or a row's stored bytes, which are read when they are needed. */
export type Piece = string | { seq: number; n: number | null; column: "content" | "wire"; mark: boolean };

/** What a call without an outcome is answered with when its input never arrived whole (spec/messages.md §11). */
export const CUT_TEXT =
  "The call was cut off before its input was complete, so it did not run. Send it again, in smaller parts if it was long.";

/** A cache lookup goes back at most 20 positions, so a step that adds more gets a breakpoint on the way (spec/messages.md §9). */
const MARK_EVERY = 15;
/** Four breakpoints in all; one is the system prompt's, one the automatic one at the end. */
const MAX_MARKS = 2;
const BREAKPOINT = ',"cache_control":{"type":"ephemeral"}';

interface Segment {
  /** One `tool_result` block per entry. */
  results: Piece[][];
  users: Piece[][];
  systems: Piece[][];
}

/**
 * A conversation that grows row by row. `closed` is final: everything up to the newest response. What came after it is folded anew for each
 * request: all results in one user message first, then user turns, then system turns, since a system turn must be last or be followed by
 * a response (spec/messages.md §6).
 */
export class Context {
  /** Pieces of the messages up to and including the newest response. */
  readonly closed: Piece[] = [];
  /** The newest row that has been read. */
  seq = 0;
  /** The provider's ids of all calls. */
  readonly calls = new Set<string>();
  /** What is told of tools before this seq stands at the head of the request by now. */
  readonly #opening: number;
  #segment: Segment = { results: [], users: [], systems: [] };
  /** The provider's ids of the newest response's calls, and of those that come before the end of the response they are in. */
  #toolUseIds = new Map<string, string>();
  #coming = new Map<string, string>();

  constructor(opening = 0) {
    this.#opening = opening;
  }

  /** Throws `Corrupted`, and then has not read the row. A copy from another thread is for people. */
  add(row: PromptRow): void {
    const piece: Piece = { seq: row.seq, n: row.n, column: "content", mark: false };
    const role = row.origin === null ? eventKind(row.type)?.prompt : undefined;
    switch (role) {
      case "user":
        this.#segment.users.push(['{"role":"user","content":', piece, "}"]);
        break;
      case "system":
        this.#segment.systems.push(['{"role":"system","content":', piece, "}"]);
        break;
      case "tools":
        if (row.hasWire && row.seq > this.#opening)
          this.#segment.systems.push(['{"role":"system","content":', { ...piece, column: "wire" }, "}"]);
        break;
      case "call": {
        const { toolUseId } = parsed(row, "note", ToolUseId);
        this.#coming.set(row.id, toolUseId);
        this.calls.add(toolUseId);
        break;
      }
      case "result":
        this.#result(row, piece);
        break;
      case "response":
        if (row.hasWire) this.#response(row);
        break;
      case undefined:
        break;
      default:
        role satisfies never;
    }
    this.seq = row.seq;
  }

  /** The pieces after `closed` of a request made now; empty when there is nothing to answer. */
  trailing(): Piece[] {
    return join(marked(messages(this.#segment)), this.closed.length === 0);
  }

  #result(row: PromptRow, piece: Piece): void {
    const body = parsed(row, "body", ResultFacts);
    const id = this.#toolUseIds.get(body.tool_use_id ?? body.custom_tool_use_id ?? "");
    if (id === undefined) return;
    const content: Piece[] = row.hasContent ? [',"content":', piece] : [];
    this.#segment.results.push([resultHead(id), ...content, body.is_error ? ',"is_error":true}' : "}"]);
  }

  #response(row: PromptRow): void {
    const { cut = [] } = parsed(row, "note", Cut);
    for (const id of cut) this.calls.add(id);
    const pieces = join(messages(this.#segment), this.closed.length === 0);
    const comma = this.closed.length === 0 && pieces.length === 0 ? "" : ",";
    const wire: Piece = { seq: row.seq, n: null, column: "wire", mark: false };
    this.closed.push(...pieces, `${comma}{"role":"assistant","content":`, wire, "}");
    this.#segment = { results: cut.map(cutResult), users: [], systems: [] };
    this.#toolUseIds = this.#coming;
    this.#coming = new Map();
  }
}

const ToolUseId = CallNote.pick({ toolUseId: true });
const Cut = ResponseNote.pick({ cut: true });
const ResultFacts = z.object({
  tool_use_id: z.string().optional(),
  custom_tool_use_id: z.string().optional(),
  is_error: z.boolean().nullish(),
});

function resultHead(id: string): string {
  return `{"type":"tool_result","tool_use_id":${JSON.stringify(id)}`;
}

function cutResult(id: string): Piece[] {
  return [`${resultHead(id)},"content":${JSON.stringify([{ type: "text", text: CUT_TEXT }])},"is_error":true}`];
}

function messages(segment: Segment): Piece[][] {
  const results: Piece[] = segment.results.flatMap((block, i) => (i === 0 ? block : [",", ...block]));
  const first: Piece[][] = results.length > 0 ? [['{"role":"user","content":[', ...results, "]}"]] : [];
  return [...first, ...segment.users, ...segment.systems];
}

/** Puts a breakpoint on every fifteenth user message of a long fold; the last message has the automatic one. */
function marked(list: Piece[][]): Piece[][] {
  const wanted = [MARK_EVERY, 2 * MARK_EVERY].slice(0, MAX_MARKS).filter((at) => at < list.length - 1);
  return list.map((message, i) =>
    wanted.includes(i)
      ? message.map((piece) => (typeof piece === "string" ? piece : { ...piece, mark: true }))
      : message,
  );
}

/** The stored array with a breakpoint on its last block. */
export function withBreakpoint(content: string): string {
  return content.endsWith("}]") ? `${content.slice(0, -2)}${BREAKPOINT}}]` : content;
}

function join(list: Piece[][], first: boolean): Piece[] {
  return list.flatMap((message, i) => (i === 0 && first ? message : [",", ...message]));
}
