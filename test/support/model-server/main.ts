/**
 * The model server by hand: `node test/support/model-server/main.ts [--port N] [--pace FIRST,GAP] [--default TEXT]`. Answers every
 * prompt politely at a person's pace (milliseconds); any credential will do, but there must be one. Ctrl-C ends it.
 */
import { parseArgs } from "node:util";
import { say } from "./answer.ts";
import { startModelServer } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    pace: { type: "string", default: "400,40" },
    default: {
      type: "string",
      default:
        "Thank you for your message. I am a scripted stand-in for a model, so this is all I can say; the rest works.",
    },
  },
});

const port = Number(values.port);
const [first_ms = Number.NaN, gap_ms = Number.NaN] = values.pace.split(",").map(Number);
if (!Number.isInteger(port) || !(first_ms >= 0) || !(gap_ms >= 0) || values.default === "") {
  console.error("usage: main.ts [--port N] [--pace FIRST_MS,GAP_MS] [--default TEXT]");
  process.exit(2);
}

const server = await startModelServer({ port, pace: { first_ms, gap_ms }, default: say(values.default) });
console.log(`model server at ${server.url}`);
const stop = () => server.close().then(() => process.exit(0));
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
