/** The process behind `startServer`: one line of JSON in, the URL out, then serves until its input ends. */
import { once } from "node:events";
import { createInterface } from "node:readline";
import { runProgram } from "../../src/cli/program.ts";
import { type ServeOptions, serve } from "../../src/cli/serve.ts";

await runProgram(async () => {
  const input = createInterface(process.stdin);
  const closed = once(input, "close");
  const [line] = await once(input, "line");
  const serving = await serve(JSON.parse(String(line)) as ServeOptions);
  process.stdout.write(`${serving.url}\n`);
  await closed;
  await serving.stop();
  return 0;
}, false);
