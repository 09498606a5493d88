/**
 * A session's stream as a person reads it: text while it comes, tools with what they were asked and what they answered, errors in words.
 */
import type { BetaManagedAgentsStreamSessionEvents } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { harmless, shortened, type Terminal } from "../terminal.ts";

const RESULT_LINES = 8;
const RESULT_WIDTH = 110;
const COMMAND_LINES = 12;
const COMMAND_WIDTH = 400;
const MARGIN = "  ";

/** How a turn ended. */
export type TurnEnd = { kind: "answered"; text: string } | { kind: "failed"; why: string };

export class Transcript {
  readonly #terminal: Terminal;
  /** Per previewed message: what of it is on the screen. */
  readonly #shown = new Map<string, string>();
  #atLineStart = true;
  /** The text of the newest message: the turn's answer once it ends. */
  #last = "";
  #error = "";

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows one event; returns how the turn ended when this event ends it. */
  show(event: BetaManagedAgentsStreamSessionEvents): TurnEnd | null {
    switch (event.type) {
      case "event_delta":
        if (event.delta.content.type === "text") this.#text(event.event_id, event.delta.content.text);
        return null;
      case "agent.message":
        this.#message(event.id, event.content.map((block) => (block.type === "text" ? block.text : "")).join(""));
        return null;
      case "agent.tool_use":
        this.#lines(
          `${this.#terminal.bold(event.name)}  `,
          shortened(asked(event.name, event.input), COMMAND_LINES, COMMAND_WIDTH),
        );
        return null;
      case "agent.tool_result": {
        const text = (event.content ?? [])
          .map((block) => (block.type === "text" ? block.text : `[${block.type}]`))
          .join("\n");
        const style = event.is_error ? this.#terminal.bad : this.#terminal.dim;
        this.#lines(
          "",
          shortened(text, RESULT_LINES, RESULT_WIDTH).map((line) => style(`│ ${line}`)),
        );
        this.#terminal.line();
        return null;
      }
      case "session.error":
        this.#error = harmless(event.error.message);
        this.#lines("", [this.#terminal.bad(`error: ${this.#error}`)]);
        return null;
      case "session.status_idle":
        return this.#ended(event.stop_reason.type);
      case "session.status_terminated":
        return { kind: "failed", why: this.#error || "the session was terminated" };
      case "session.deleted":
        return { kind: "failed", why: "the session was deleted" };
      default:
        return null;
    }
  }

  #ended(reason: string): TurnEnd {
    this.#freshLine();
    if (reason === "end_turn") return { kind: "answered", text: this.#last };
    return { kind: "failed", why: this.#error || `the turn ended with ${reason}` };
  }

  /** The whole message: shows what the previews left out, which may be all of it. */
  #message(id: string, text: string): void {
    const shown = this.#shown.get(id) ?? "";
    if (text.startsWith(shown)) this.#text(id, text.slice(shown.length));
    else this.#lines("", [text]);
    this.#shown.delete(id);
    this.#last = text;
    this.#freshLine();
    this.#terminal.line();
  }

  #text(id: string, piece: string): void {
    this.#shown.set(id, (this.#shown.get(id) ?? "") + piece);
    for (const part of harmless(piece).split(/(\n)/)) {
      if (part === "\n") this.#freshLine(true);
      else if (part !== "") {
        this.#terminal.write(this.#atLineStart ? MARGIN + part : part);
        this.#atLineStart = false;
      }
    }
  }

  #lines(head: string, lines: string[]): void {
    this.#freshLine();
    for (const [index, line] of lines.entries()) this.#terminal.line(MARGIN + (index === 0 ? head : "") + line);
  }

  #freshLine(always = false): void {
    if (!this.#atLineStart || always) this.#terminal.line();
    this.#atLineStart = true;
  }
}

/** What a person wants to know of a tool's input: the command of a shell, the path of a file. */
function asked(name: string, input: Record<string, unknown>): string {
  if (name === "bash" && typeof input.command === "string") return input.command;
  const path = input.file_path ?? input.path ?? input.pattern;
  return typeof path === "string" ? path : JSON.stringify(input);
}
