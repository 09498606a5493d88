/** Compares a real log with the lines of a golden one: names are bound to ids as they are met. */
import type { Expected, ExpectedFrame, Line } from "./format.ts";

export type Event = { type: string; [key: string]: unknown };

/** What differs, in words for the person who reads the failure. */
export class Mismatch extends Error {}

export class Names {
  readonly #ids = new Map<string, string>();

  bind(name: string, id: string): void {
    const known = this.#ids.get(name);
    if (known !== undefined && known !== id) throw new Mismatch(`${name} is ${known} and ${id}`);
    this.#ids.set(name, id);
  }

  get(name: string): string | undefined {
    return this.#ids.get(name);
  }

  forget(name: string): void {
    this.#ids.delete(name);
  }
}

/** Throws a Mismatch unless the events are exactly what the lines stand for. */
export function matchLog(events: readonly Event[], lines: readonly Line[], names: Names): void {
  let at = 0;
  for (const line of lines) {
    if (!isRepeat(line)) {
      matchEvent(events[at], line, names, `line ${at}`);
      at += 1;
      continue;
    }
    let rounds = 0;
    for (; matchesGroup(events.slice(at), line.repeat, names); rounds++) at += line.repeat.length;
    if (rounds < line.at_least) throw new Mismatch(`line ${at}: the group came ${rounds} times, not ${line.at_least}`);
  }
  if (at < events.length)
    throw new Mismatch(`${events.length - at} events more than expected, first ${show(events[at])}`);
}

function isRepeat(line: Line): line is Extract<Line, { at_least: number }> {
  return "at_least" in line;
}

/** Frames: a delta line takes every delta of its event that comes in a row, whose texts together must be its own. */
export function matchStream(frames: readonly Event[], lines: readonly ExpectedFrame[], names: Names): void {
  let at = 0;
  for (const line of lines) {
    if (line.type !== "event_delta") {
      matchEvent(frames[at], line as Expected, names, `frame ${at}`);
      at += 1;
      continue;
    }
    const wanted = line as Extract<ExpectedFrame, { type: "event_delta" }>;
    let text = "";
    for (; frames[at]?.type === "event_delta"; at++) {
      const frame = frames[at] as Event & { event_id: string; delta: { content: { text: string } } };
      if (frame.event_id !== names.get(wanted.event_id)) break;
      text += frame.delta.content.text;
    }
    if (text !== wanted.text)
      throw new Mismatch(`frame ${at}: deltas say ${JSON.stringify(text)}, not ${JSON.stringify(wanted.text)}`);
  }
  if (at < frames.length)
    throw new Mismatch(`${frames.length - at} frames more than expected, first ${show(frames[at])}`);
}

function matchesGroup(events: readonly Event[], group: readonly Expected[], names: Names): boolean {
  const own = group.flatMap((line) => (line.id ? [line.id] : []));
  for (const name of own) names.forget(name);
  try {
    for (const [i, line] of group.entries()) matchEvent(events[i], line, names, `${i}`);
    return true;
  } catch (error) {
    if (error instanceof Mismatch) return false;
    throw error;
  }
}

function matchEvent(event: Event | undefined, line: Expected, names: Names, where: string): void {
  if (event?.type !== line.type) throw new Mismatch(`${where}: expected ${line.type}, found ${show(event)}`);
  const { id, pending, type: _, ...fields } = line;
  const stamped = typeof event.processed_at === "string";
  if (!event.type.startsWith("event_") && stamped === (pending === true))
    throw new Mismatch(`${where}: ${show(event)} is ${stamped ? "stamped" : "pending"}`);
  if (id) names.bind(id, event.id as string);
  for (const [key, value] of Object.entries(fields)) compare(event[key], value, names, `${where} ${event.type}.${key}`);
}

function compare(actual: unknown, wanted: unknown, names: Names, path: string): void {
  if (typeof wanted === "string" && wanted.startsWith("@")) {
    if (typeof actual !== "string") throw new Mismatch(`${path}: no id, but ${show(actual)}`);
    names.bind(wanted, actual);
    return;
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length)
      throw new Mismatch(`${path}: ${show(actual)} is not ${show(wanted)}`);
    for (const [i, one] of wanted.entries()) compare(actual[i], one, names, `${path}.${i}`);
    return;
  }
  if (typeof wanted === "object" && wanted !== null) {
    compareObject(actual, wanted as Record<string, unknown>, names, path);
    return;
  }
  if (actual !== wanted) throw new Mismatch(`${path}: ${show(actual)} is not ${show(wanted)}`);
}

function compareObject(actual: unknown, wanted: Record<string, unknown>, names: Names, path: string): void {
  if ("contains" in wanted) {
    if (typeof actual !== "string" || !actual.includes(wanted.contains as string))
      throw new Mismatch(`${path}: ${show(actual)} has no ${show(wanted.contains)}`);
    return;
  }
  const fields = ("includes" in wanted ? wanted.includes : wanted) as Record<string, unknown>;
  if (typeof actual !== "object" || actual === null) throw new Mismatch(`${path}: ${show(actual)} is not an object`);
  const extra = Object.keys(actual).filter((key) => !(key in fields));
  if (!("includes" in wanted) && extra.length > 0) throw new Mismatch(`${path}: has ${extra.join(", ")} too`);
  for (const [key, value] of Object.entries(fields))
    compare((actual as Record<string, unknown>)[key], value, names, `${path}.${key}`);
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 200);
}
