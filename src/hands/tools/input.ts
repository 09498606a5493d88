/** Reads a tool's input. The model wrote it, so every wrong form is a tool error that names the field, never a throw out of the tool. */

/** An expected failure of a tool. The text already begins with the tool's name (spec/core.md §5.2). */
export class ToolError extends Error {
  constructor(tool: string, message: string) {
    super(`${tool}: ${message}`);
    this.name = "ToolError";
  }
}

type Kind = "string" | "boolean" | "integer";

/** The fields of one input object, checked one by one; unknown fields are passed over, as the reference tools do. */
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
