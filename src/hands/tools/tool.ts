/**
 * What a built-in tool of a machine is: its definition and its body, in one file each. The bodies run where the machine is and are written once for
 * all machines; the Worker imports the same files for the definitions, so a tool imports nothing heavy.
 */
import type { Machine } from "../machine.ts";
import type { YieldController } from "../yield-controller.ts";

/** A tool as the model is told of it (spec/messages.md §7). */
export interface ToolDefinition {
  name: string;
  description: string;
  input_schema: object;
}

export interface MachineTool {
  /**
   * These bytes are part of every prompt, so they never depend on the machine, the date or the session; changing a word here makes running sessions
   * pay for their prompt again.
   */
  definition: ToolDefinition & { input_schema: { type: "object"; properties: object; required?: string[] } };
  /** The result's text. Rejects with a `ToolError` for what the model got wrong, with anything else only when the machine itself fails. */
  run(input: Input, use: ToolUse): Promise<string>;
  /** Which part the model sees of a text that is too long. */
  keeps: "first" | "last";
  /** UTF-8 bytes of a text that is not too long by its characters. Absent: any number. */
  maxBytes?: number;
  /** The file whose text the tool shows: a text that is too long is not stored a second time. */
  source?(input: Input): string;
}

/** One use of a tool. */
export interface ToolUse {
  machine: Machine;
  /** For loops that may take long. */
  yieldController: YieldController;
  /** Aborted when nobody wants the outcome any more. */
  signal: AbortSignal;
  /** Milliseconds until the call's deadline. */
  remainingMs: number;
  /** Names the file of a text that is too long: the same for ever for one call. */
  callId: string;
}

/** An expected failure of a tool. The text already begins with the tool's name (spec/core.md §5.2). */
export class ToolError extends Error {
  constructor(tool: string, message: string) {
    super(`${tool}: ${message}`);
    this.name = "ToolError";
  }
}

type Kind = "string" | "boolean" | "integer";

/**
 * The fields of one tool's input, checked one by one; unknown fields are passed over, as the reference tools do. The model wrote it, so every wrong
 * form is a `ToolError` that names the field.
 */
export class Input {
  readonly tool: string;
  readonly #fields: Record<string, unknown>;

  constructor(tool: string, fields: unknown) {
    this.tool = tool;
    if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
      throw new ToolError(tool, "the input must be an object");
    }
    this.#fields = fields as Record<string, unknown>;
  }

  /** A string that must be there; `""` counts as missing unless `empty` allows it. */
  string(name: string, options: { empty?: boolean } = {}): string {
    const value = this.optionalString(name);
    if (value === undefined || (value === "" && !options.empty)) throw new ToolError(this.tool, `${name} is required`);
    return value;
  }

  optionalString(name: string): string | undefined {
    return this.#value(name, "string") as string | undefined;
  }

  flag(name: string): boolean {
    return (this.#value(name, "boolean") as boolean | undefined) ?? false;
  }

  integer(name: string): number | undefined {
    return this.#value(name, "integer") as number | undefined;
  }

  /** Two integers, `[start, end]`; an empty list counts as absent. */
  range(name: string): [number, number] | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return undefined;
    if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isSafeInteger)) {
      throw new ToolError(this.tool, `${name} must be [start_line, end_line], two integers`);
    }
    return [value[0], value[1]];
  }

  #value(name: string, kind: Kind): unknown {
    const value = this.#fields[name];
    if (value === undefined || value === null) return undefined;
    const fits = kind === "integer" ? Number.isSafeInteger(value) : typeof value === kind;
    if (!fits) throw new ToolError(this.tool, `${name} must be ${kind === "integer" ? "an" : "a"} ${kind}`);
    return value;
  }
}
