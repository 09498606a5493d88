/** Puts limits of input before the commands that work through it in one stretch (`limits.ts`, INPUT_BYTES). */
import { type CustomCommand, defineCommand } from "just-bash/browser";
import type { YieldController } from "../../yield-controller.ts";
import type { CallFs } from "./fs.ts";
import { INPUT_BYTES } from "./limits.ts";
import { fsError } from "./node.ts";

/** The limited commands, as custom commands around the interpreter's own. */
export function limitedCommands(fs: CallFs, yieldController: YieldController): CustomCommand[] {
  return Object.entries(INPUT_BYTES).map(([name, limit]) =>
    defineCommand(name, async (args, context) => {
      const outer = fs.onRead;
      let left = limit;
      const take = (bytes: number) => {
        left -= bytes;
        if (left < 0) throw fsError("EFBIG", "read", name, "too much input");
      };
      const refusal = {
        stdout: "",
        stderr: `${name}: the isolate machine gives ${name} at most ${limit} bytes of input; work on a part of it, for example by head -c\n`,
        exitCode: 1,
      };
      left -= String(context.stdin).length;
      if (left < 0) return refusal;
      if (context.origCommand === undefined) throw new Error(`the interpreter has no ${name}`);
      try {
        fs.onRead = take;
        await yieldController.pause();
        const result = await context.origCommand(args);
        // The command words a refused read as a missing file.
        return left < 0 ? refusal : result;
      } finally {
        fs.onRead = outer;
      }
    }),
  );
}
