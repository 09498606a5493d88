/** Every golden log, played against the real Worker with the official SDK and the strict model server; the wire is watched as in every suite. */
import { expect, test } from "vitest";
import { matchLog, matchStream } from "../../story/match.ts";
import { play } from "../../story/play.ts";
import { WorkerStage } from "../../story/worker.ts";
import { useLab } from "../sdk/lab.ts";
import { RULE_IDS, reportRules } from "../sdk/rules.ts";
import { validateLog, validateStream } from "../validator/validator.ts";
import { STORIES } from "./stories.ts";

const lab = useLab();

test.each(STORIES)("$name", { timeout: 90_000 }, async (story) => {
  const client = lab.client(undefined, { maxRetries: 0 });
  const { events, frames, names } = await play(story, new WorkerStage(client, lab.model, story));
  matchLog(events, story.expected, names);
  if (story.stream) matchStream(frames, story.stream, names);
  expect(validateLog(events)).toEqual([]);
  expect(validateStream(frames)).toEqual([]);
  const refused = lab.model.journal.messages().filter((entry) => entry.verdict !== null);
  expect(refused.map((entry) => entry.verdict)).toEqual([]);
});

// A deleted session has no log; the suite of sessions deletes some under their readers.
reportRules(RULE_IDS.filter((rule) => rule !== "stream.deleted-last"));
