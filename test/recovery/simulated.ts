/**
 * The stories on the simulator (test/sim), undisturbed: a thread of its own, since it takes over the clock and chance. Posts each story's name and
 * its events as listed. Where it has parties of its own (usage), `masked` looks away.
 */
import "../sim/workers.ts";
import { parentPort } from "node:worker_threads";
import { STORIES } from "./stories.ts";

const { install } = await import("../sim/globals.ts");
const { NodeStage } = await import("../story/node.ts");
const { play } = await import("../story/play.ts");

install();
for (const story of STORIES) {
  const { events } = await play(story, new NodeStage(story));
  parentPort?.postMessage({ name: story.name, events });
}
process.exit(0);
