/** All golden logs. */
import type { Story } from "../../story/format.ts";
import * as answers from "./answers.ts";
import * as limits from "./limits.ts";
import * as queue from "./queue.ts";
import * as turns from "./turns.ts";

export const STORIES: readonly Story[] = [turns, answers, queue, limits].flatMap((file): Story[] =>
  Object.values(file),
);
