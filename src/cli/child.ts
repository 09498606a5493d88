/** Programs that this folder starts: by path, on this Node, through Ctrl-C to their end. */
import { spawn } from "node:child_process";
import { ROOT } from "./root.ts";

const SIGNALLED = 128;

export interface Ended {
  code: number;
  /** stdout and stderr, unless they were inherited. */
  output: string;
  /** Whether Ctrl-C came meanwhile; the child got it too. */
  interrupted: boolean;
}

/** Runs to the end; a child that cannot be started rejects. */
export function runChild(
  file: string,
  args: string[],
  options: { show: boolean; env?: Record<string, string> },
): Promise<Ended> {
  const child = spawn(file, args, {
    cwd: ROOT,
    stdio: options.show ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  let interrupted = false;
  const onInterrupt = () => {
    interrupted = true;
  };
  const onTerminate = () => void child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  return new Promise<Ended>((done, failed) => {
    child.on("error", failed);
    child.on("close", (code) => done({ code: code ?? SIGNALLED, output, interrupted }));
  }).finally(() => process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate));
}
