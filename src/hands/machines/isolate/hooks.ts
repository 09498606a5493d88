/**
 * The interpreter's hooks, around each command and statement, and where the bundle of just-bash is changed (`patches.ts`) to call
 * `globalThis.sinewHooks`: between the steps of sed, awk and sort, and in the loops of regular expressions and jq. The hooks pause long work, stop
 * work that cannot pause, and give the shell's state and the order of its output.
 */
import { YieldController } from "../../yield-controller.ts";
import { MAX_NESTING, MAX_STRETCH_MS } from "./limits.ts";

/** The interpreter object whose state is the shell's: the first that runs a command of a call. */
export interface Interpreter {
  state: Record<string, unknown>;
}
interface Written {
  stdout: string;
  stderr: string;
}

/** The part of the interpreter's class that is wrapped. */
export interface InterpreterClass {
  prototype: {
    ctx: Interpreter;
    executeCommand(...step: unknown[]): Promise<Written>;
    executeStatement(...step: unknown[]): Promise<Written>;
  };
}

/** Calls of `guard` between two looks at the clock. */
const GUARD_STRIDE = 32;
/** Lines of a run that is sorted in one go; runs are merged in slices. */
const SORT_RUN = 512;

const OVERDUE_TEXT = `this step worked ${MAX_STRETCH_MS} ms without a pause, the limit of the isolate machine; give it less input or a simpler pattern`;

export class InterpreterHooks {
  readonly yieldController = new YieldController();
  #root: Interpreter | null = null;
  #depth = 0;
  #written: Written[] = [];
  #signal: AbortSignal | null = null;
  #restore: (state: Record<string, unknown>) => void = () => {};
  #guards = 0;

  /** A command begins: nothing of an earlier one is kept. `restore` gets the shell's state before the first statement runs. */
  begin(signal: AbortSignal, restore: (state: Record<string, unknown>) => void): void {
    this.#restore = restore;
    this.#root = null;
    this.#depth = 0;
    this.#written = [];
    this.#signal = signal;
  }

  /** The shell's interpreter, or null when no command ran. */
  get root(): Interpreter | null {
    return this.#root;
  }

  /** What the statements of the script wrote, in order. */
  get written(): readonly Written[] {
    return this.#written;
  }

  /** Wraps the steps of every interpreter that is made from now on. */
  wrap({ prototype }: InterpreterClass): void {
    const hooks = this;
    const { executeCommand, executeStatement } = prototype;
    prototype.executeCommand = async function command(...step) {
      hooks.#found(this.ctx);
      // Awaiting nothing would cost as much as a short command.
      const before = hooks.yieldIfDue();
      if (before !== null) await before;
      const result = await executeCommand.apply(this, step);
      const after = hooks.yieldIfDue();
      if (after !== null) await after;
      return result;
    };
    prototype.executeStatement = function statement(...step) {
      return hooks.#statement(this.ctx, () => executeStatement.apply(this, step));
    };
  }

  /** Only the script's own statements are noted, not those inside them. */
  async #statement(interpreter: Interpreter, run: () => Promise<Written>): Promise<Written> {
    this.#found(interpreter);
    if (this.#depth >= MAX_NESTING) throw new Error(`statements are nested more than ${MAX_NESTING} deep`);
    const own = this.#depth === 0;
    this.#depth++;
    try {
      const result = await run();
      if (own) this.#written.push({ stdout: result.stdout, stderr: result.stderr });
      return result;
    } catch (error) {
      if (own) this.#written.push({ stdout: written(error, "stdout"), stderr: written(error, "stderr") });
      throw error;
    } finally {
      this.#depth--;
    }
  }

  #found(interpreter: Interpreter): void {
    if (this.#root !== null) return;
    this.#root = interpreter;
    this.#restore(interpreter.state);
  }

  /** Hook: between the steps of work that can wait. Rejects when the command is to stop. */
  yieldIfDue(): Promise<void> | null {
    const pause = this.yieldController.due();
    return pause === null ? null : this.#after(pause);
  }

  async #after(pause: Promise<void>): Promise<void> {
    await pause;
    if (this.#signal?.aborted) throw new Error("stopped");
  }

  /** Hook: in loops that cannot wait. True when the stretch is too long, and the loop is to end with OVERDUE_TEXT. */
  overdue(): boolean {
    return ++this.#guards % GUARD_STRIDE === 0 && this.yieldController.stretch() > MAX_STRETCH_MS;
  }

  readonly overdueText = OVERDUE_TEXT;

  /** Hook: sorts in place of `Array.sort`, in slices; stable. */
  async sort(lines: string[], compare: (a: string, b: string) => number): Promise<string[]> {
    let runs: string[][] = [];
    for (let at = 0; at < lines.length; at += SORT_RUN) {
      runs.push(lines.slice(at, at + SORT_RUN).sort(compare));
      await this.yieldIfDue();
    }
    while (runs.length > 1) {
      const merged: string[][] = [];
      for (let at = 0; at < runs.length; at += 2) {
        const other = runs[at + 1];
        merged.push(
          other === undefined ? (runs[at] as string[]) : await this.#merge(runs[at] as string[], other, compare),
        );
      }
      runs = merged;
    }
    return runs[0] ?? [];
  }

  async #merge(left: string[], right: string[], compare: (a: string, b: string) => number): Promise<string[]> {
    const merged: string[] = [];
    let l = 0;
    let r = 0;
    while (l < left.length && r < right.length) {
      merged.push(compare(left[l] as string, right[r] as string) <= 0 ? (left[l++] as string) : (right[r++] as string));
      if (merged.length % SORT_RUN === 0) await this.yieldIfDue();
    }
    while (l < left.length) merged.push(left[l++] as string);
    while (r < right.length) merged.push(right[r++] as string);
    return merged;
  }
}

function written(error: unknown, stream: "stdout" | "stderr"): string {
  const text = error instanceof Error ? Reflect.get(error, stream) : undefined;
  return typeof text === "string" ? text : "";
}
