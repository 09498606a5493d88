/** The process behind `startServer`: one line of JSON in, the URL out, then serves until its input ends. */
import { createInterface } from "node:readline";
import { type ServeOptions, serve } from "../../src/cli/serve.ts";

const input = createInterface(process.stdin);
input.once("line", async (line) => {
  const serving = await serve(JSON.parse(line) as ServeOptions);
  process.stdout.write(`${serving.url}\n`);
  input.once("close", async () => {
    await serving.stop();
    process.exit(0);
  });
});
