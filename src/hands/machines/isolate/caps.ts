/** Puts limits of input before the commands that work through it in one stretch (`limits.ts`, INPUT_BYTES). */
import { type CustomCommand, defineCommand } from "just-bash/browser";
import type { Pacer } from "../../pacer.ts";
import type { CallFs } from "./fs.ts";
import { INPUT_BYTES } from "./limits.ts";

class TooMuchInput extends Error {}

/** The limited commands, as custom commands around the interpreter's own. */
export function limitedCommands(fs: CallFs, pacer: Pacer): CustomCommand[] {
  return Object.entries(INPUT_BYTES).map(([name, limit]) =>
    defineCommand(name, async (args, context) => {
      const outer = fs.onRead;
      let left = limit;
      const take = (bytes: number) => {
        left -= bytes;
        if (left >= 0) return;
        throw new TooMuchInput(
          `${name}: the isolate machine gives ${name} at most ${limit} bytes of input; work on a part of it, for example by head -c`,
        );
      };
      try {
        take(String(context.stdin).length);
        fs.onRead = take;
        await pacer.pause();
        if (context.origCommand === undefined) throw new Error(`the interpreter has no ${name}`);
        return await context.origCommand(args);
      } catch (error) {
        if (error instanceof TooMuchInput) return { stdout: "", stderr: `${error.message}\n`, exitCode: 1 };
        throw error;
      } finally {
        fs.onRead = outer;
      }
    }),
  );
}
