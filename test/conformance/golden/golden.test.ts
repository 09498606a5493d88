/** The golden logs and the validator were written apart from each other; here they must agree. */
import { describe, expect, test } from "vitest";
import type { Expected, Story } from "../../story/format.ts";
import { validateLog, validateStream } from "../validator/validator.ts";
import { expandLog, expandStream } from "./expand.ts";
import { STORIES } from "./stories.ts";

describe.each(STORIES)("$name", (story) => {
  test("its log breaks no rule", () => {
    expect(validateLog(expandLog(story.expected))).toEqual([]);
  });

  test("every name is bound once", () => {
    const bound = names(story);
    expect(new Set(bound).size).toBe(bound.length);
    expect([...new Set(used(story))].filter((name) => !bound.includes(name))).toEqual([]);
  });

  test("the log has the calls of the script, in their order", () => {
    const script = story.script.flatMap(({ blocks }) => blocks);
    const called = script.flatMap((block) => ("as" in block && block.as ? [block.as] : []));
    const logged = lines(story).flatMap((line) => (/tool_use$/.test(line.type) && line.id ? [line.id] : []));
    expect(logged.filter((id) => called.includes(id))).toEqual(called);
  });

  test("the script has an answer for every request", () => {
    const { script, expected } = story;
    const requests = lines(story).filter((line) => line.type === "span.model_request_start").length;
    const endless = expected.some((line) => "at_least" in line);
    expect(script.some((answer) => answer.repeat)).toBe(endless);
    expect(endless || script.length).toBe(endless || requests);
    expect(script.slice(0, -1).filter((answer) => answer.repeat)).toEqual([]);
  });

  test("it begins with create and names its source", () => {
    expect(story.steps[0]?.do).toBe("create");
    expect(story.source).toMatch(/^spec\/core\.md §4/);
  });
});

test.each(STORIES.filter(({ stream }) => stream))("the stream of $name breaks no rule", ({ stream }) => {
  expect(validateStream(expandStream(stream ?? []))).toEqual([]);
});

test("every story has its own name", () => {
  expect(new Set(STORIES.map(({ name }) => name)).size).toBe(STORIES.length);
});

/** Neighbours whose order is the model's, the client's or the tools' own: a log alone cannot show that they changed places. */
const FREE = new Set([
  "agent.thinking, agent.message",
  "agent.thinking, agent.tool_use",
  "agent.message, agent.tool_use",
  "agent.tool_use, agent.custom_tool_use",
  "agent.custom_tool_use, agent.tool_use",
  "user.custom_tool_result, agent.tool_result",
  "user.message, user.message",
  "user.message, system.message",
  "system.message, user.message",
]);

/** What the model said, and input beside other input: their loss shows only against the script. */
const MAY_BE_LOST = new Set(["agent.message", "agent.thinking", "user.message", "system.message"]);

/** A change stands where the client sent it, except one of the budget: that lets paused work go on. */
const isPlainUpdate = ({ type, ...fields }: { type: string }) => type === "session.updated" && !("budget" in fields);

test("a log that lost any other line is caught", () => {
  const missed = STORIES.flatMap(({ name, expected }) => {
    const events = expandLog(expected);
    return events.flatMap((event, i) => {
      const { type } = event;
      const idleInterrupt = type === "user.interrupt" && i === events.length - 1;
      if (MAY_BE_LOST.has(type) || idleInterrupt || isPlainUpdate(event)) return [];
      return validateLog(events.filter((_, at) => at !== i)).length === 0 ? [`${name}: ${type}`] : [];
    });
  });
  expect(missed).toEqual([]);
});

test("a log in which any two other neighbours change places is caught", () => {
  const missed = STORIES.flatMap(({ name, expected }) => {
    const events = expandLog(expected);
    return events.slice(1).flatMap((next, i) => {
      const pair = `${events[i]?.type}, ${next.type}`;
      if (FREE.has(pair) || [events[i], next].some((one) => one && isPlainUpdate(one))) return [];
      const swapped = events.map((event, at) => (at === i ? events[i + 1] : at === i + 1 ? events[i] : event));
      const stamped = swapped.map((event, at) => {
        const stamp = events[at]?.processed_at;
        return stamp === undefined ? event : { ...event, processed_at: stamp };
      });
      return validateLog(stamped).length === 0 ? [`${name}: ${pair}`] : [];
    });
  });
  expect(missed).toEqual([]);
});

function lines({ expected }: Story): Expected[] {
  return expected.flatMap((line) => ("at_least" in line ? (line.repeat as Expected[]) : [line as Expected]));
}

/** The names that a story binds: sent events, scripted calls, and lines that introduce their own. */
function names(story: Story): string[] {
  const sent = story.steps.flatMap((step) => {
    if (step.do === "create") return step.initial_events ?? [];
    return step.do === "send" && !step.refused ? step.events : [];
  });
  const called = story.script.flatMap(({ blocks }) => blocks);
  const given = [...sent, ...called].flatMap((one) => ("as" in one && one.as ? [one.as] : []));
  const own = lines(story).flatMap(({ id }) => (id && !given.includes(id) ? [id] : []));
  const frames = story.stream ?? [];
  const previewed = frames.flatMap((f) => (f.type === "event_start" ? [(f.event as { id: `@${string}` }).id] : []));
  return [...given, ...own, ...previewed.filter((id) => !own.includes(id))];
}

function used(story: Story): string[] {
  return [...JSON.stringify([story.steps, story.expected, story.stream]).matchAll(/"(@[a-z0-9]+)"/g)]
    .map((match) => match[1] ?? "")
    .filter((name) => !refusedNames(story).includes(name));
}

/** What a refused call would have named exists nowhere. */
function refusedNames({ steps }: Story): string[] {
  return steps.flatMap((s) => (s.do === "send" && s.refused ? s.events.flatMap(({ as }) => (as ? [as] : [])) : []));
}
