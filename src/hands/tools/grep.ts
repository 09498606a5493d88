/**
 * `grep`: files by content (spec/core.md §5.2). The expression is the model's, so it runs on an engine that takes linear time: with the platform's
 * own, one pattern could stop every session of the process.
 */
import type { LinePattern } from "../machine.ts";
import { absolute, failing } from "./files.ts";
import { NO_MATCHES_TEXT } from "./glob.ts";
import { head } from "./output.ts";
import { type Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";
import { walkFiles } from "./walk.ts";

/** Bytes of one answer. */
const GREP_OUTPUT_BYTES = 100 * 1024;
/** Milliseconds of one search. */
const GREP_TIMEOUT_MS = 60_000;
/** Characters of a line; longer ones are skipped. */
const GREP_LINE_LENGTH = 2_000;
/** Characters of an expression. */
const PATTERN_LENGTH = 1_000;

export const grep: MachineTool = {
  definition: {
    name: "grep",
    description:
      "Searches file contents for a regular expression (RE2 syntax: no look-around, no back-references) and answers with path:line:text. " +
      "Skips .git, node_modules and binary files.",
    input_schema: {
      type: "object",
      properties: {
        pattern: { type: "string", description: "The regular expression; a match may start anywhere in a line." },
        path: { type: "string", description: "The file or directory to search; /workspace unless given." },
      },
      required: ["pattern"],
    },
  },
  keeps: "first",
  run: runGrep,
};

async function runGrep(input: Input, use: ToolUse): Promise<string> {
  const { machine, yieldController } = use;
  const pattern = expression(use, input.string("pattern"));
  const shown = input.optionalString("path");
  const root = absolute(shown ?? "");
  const stat = await failing("grep", shown ?? root, () => machine.stat(root));
  if (stat === null) throw new ToolError("grep", `${shown ?? root}: no such file or directory`);
  const search = new Search(use, pattern);
  if (stat.kind === "file") await search.file(root);
  else for await (const { path } of walkFiles(machine, root, yieldController)) if (!(await search.file(path))) break;
  return search.answer();
}

function expression({ machine }: ToolUse, source: string): LinePattern {
  if (source.length > PATTERN_LENGTH) throw new ToolError("grep", `pattern has more than ${PATTERN_LENGTH} characters`);
  const pattern = machine.linePattern(source);
  if ("problem" in pattern) throw new ToolError("grep", `invalid regex: ${pattern.problem}`);
  return pattern;
}

class Search {
  readonly #use: ToolUse;
  readonly #pattern: LinePattern;
  readonly #end = Date.now() + GREP_TIMEOUT_MS;
  readonly #hits: string[] = [];
  #length = 0;
  #note = "";

  constructor(use: ToolUse, pattern: LinePattern) {
    this.#use = use;
    this.#pattern = pattern;
  }

  /** Searches one file; false when the whole search is over. */
  async file(path: string): Promise<boolean> {
    const bytes = await failing("grep", path, () => this.#use.machine.read(path));
    if (bytes.includes(0)) return true;
    let number = 0;
    for (const line of new TextDecoder().decode(bytes).replace(/\n$/, "").split("\n")) {
      number++;
      const pause = this.#use.yieldController.due();
      if (pause !== null) {
        await pause;
        if (this.#over()) return false;
      }
      if (line.length > GREP_LINE_LENGTH || !this.#pattern.test(line)) continue;
      this.#length += path.length + line.length + 8;
      this.#hits.push(`${path}:${number}:${line}`);
      if (this.#length > GREP_OUTPUT_BYTES) return this.#stop(`[output cut at ${GREP_OUTPUT_BYTES} bytes]`);
    }
    return true;
  }

  answer(): string {
    if (this.#hits.length === 0) {
      if (this.#note !== "") throw new ToolError("grep", this.#note);
      return NO_MATCHES_TEXT;
    }
    return `${head(this.#hits.join("\n"), GREP_OUTPUT_BYTES)}${this.#note && `\n${this.#note}`}`;
  }

  #over(): boolean {
    if (this.#use.signal.aborted) return !this.#stop("[interrupted]");
    return Date.now() > this.#end && !this.#stop(`[stopped after ${GREP_TIMEOUT_MS} ms; search a smaller path]`);
  }

  #stop(note: string): false {
    this.#note = note;
    return false;
  }
}
