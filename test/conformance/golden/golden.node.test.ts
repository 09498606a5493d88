/** Every golden log, played on the Session object alone, on Node: what the Worker's own test plays over HTTP. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulated } from "../../story/calm.ts";
import { matchLog } from "../../story/match.ts";
import { NodeStage } from "../../story/node.ts";
import { play } from "../../story/play.ts";
import { STORIES } from "./stories.ts";

simulated(beforeAll, afterAll);

test.each(STORIES)("$name", async (story) => {
  const { events, names } = await play(story, new NodeStage(story));
  matchLog(events, story.expected, names);
  expect(events.length).toBeGreaterThan(0);
});
