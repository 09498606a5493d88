/** A control shows that a rule can tell right from wrong: a value that passes, and the same value spoiled so that the rule must speak. */

import type { Line, Story } from "../../../story/format.ts";
import { expandLog, type FullEvent } from "../../golden/expand.ts";
import { type Kind, type Violation, validateBody, validateEvent, validateLog, validateStream } from "../validator.ts";
import { SAMPLES, spoil } from "./samples.ts";

export interface Control {
  rule: string;
  /** What is wrong with the bad one. */
  about: string;
  good(): Violation[];
  bad(): Violation[];
}

/** Spoils one place of a body; undefined removes it. */
export function body(
  rule: string,
  kind: Kind,
  path: string,
  to: unknown,
  about = `${kind} with a wrong ${path}`,
): Control {
  const good = SAMPLES[kind];
  return { rule, about, good: () => validateBody(kind, good), bad: () => validateBody(kind, spoil(good, path, to)) };
}

/** Spoils one place of an event. */
export function event(rule: string, line: Line, path: string, to: unknown, about: string): Control {
  const [good] = expandLog([line]);
  return { rule, about, good: () => validateEvent(good), bad: () => validateEvent(spoil(good, path, to)) };
}

/** Puts another list of lines in the place of a scenario's. */
export function log(rule: string, about: string, story: Story, change: (lines: Line[]) => Line[]): Control {
  return {
    rule,
    about,
    good: () => validateLog(expandLog(story.expected)),
    bad: () => validateLog(expandLog(change([...story.expected]))),
  };
}

/** Spoils one place of a scenario's whole events. */
export function logField(rule: string, about: string, story: Story, path: string, to: unknown): Control {
  const good = (): FullEvent[] => expandLog(story.expected);
  return { rule, about, good: () => validateLog(good()), bad: () => validateLog(spoil(good(), path, to)) };
}

/** Puts other frames in the place of a connection's. */
export function stream(
  rule: string,
  about: string,
  good: Record<string, unknown>[],
  change: (frames: Record<string, unknown>[]) => unknown[],
): Control {
  return { rule, about, good: () => validateStream(good), bad: () => validateStream(change([...good])) };
}

/** The list with the item at `from` moved to `to`. */
export function move<T>(list: T[], from: number, to: number): T[] {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), ...list.slice(from, from + 1), ...rest.slice(to)];
}

export function drop<T>(list: T[], ...gone: number[]): T[] {
  return list.filter((_, i) => !gone.includes(i));
}

export function insert<T>(list: T[], at: number, ...items: T[]): T[] {
  return [...list.slice(0, at), ...items, ...list.slice(at)];
}

export function change<T>(list: T[], at: number, fields: Record<string, unknown>): T[] {
  return list.map((item, i) => (i === at ? { ...item, ...fields } : item));
}
