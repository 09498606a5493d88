/** The controls of stories: one that tells something else than what happens fails, whatever it is that differs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { simulated } from "./calm.ts";
import type { Line, Story } from "./format.ts";
import { matchLog, matchStream } from "./match.ts";
import { NodeStage } from "./node.ts";
import { play } from "./play.ts";
import {
  ASKING,
  allow,
  bash,
  begins,
  callBash,
  calls,
  delta,
  END_TURN,
  gives,
  idles,
  message,
  queued,
  RUNNING,
  refused,
  request,
  says,
  stamped,
  story,
  tail,
  text,
  waitsFor,
} from "./words.ts";

simulated(beforeAll, afterAll);

const ask = message("@ask", "Use the shell.");
const yes = allow("@yes", "@tool1");
const ASKED = [RUNNING, ask, request(bash("@tool1", "echo one", "ask")), waitsFor("@tool1")];
const told = (steps: Parameters<typeof story>[2]["steps"] = [ask, idles(1), stamped(yes), idles(2)]) =>
  story("controls", "spec/core.md §4", {
    tools: ASKING,
    script: [calls(callBash("@tool1", "echo one")), text("Done.")],
    steps,
    expected: [ASKED, yes, RUNNING, gives("@tool1", "one"), request(says("Done.")), END_TURN],
  });
const outcome = async (one: Story) => {
  const { events, names } = await play(one, new NodeStage(one));
  matchLog(events, one.expected, names);
};
const other = (change: (lines: Line[]) => Line[]): Story => ({ ...told(), expected: change(told().expected) });
const at = (i: number, fields: object) => (lines: Line[]) =>
  lines.map((line, n) => (n === i ? ({ ...line, ...fields } as Line) : line));

test("the story as it is told happens", () => outcome(told()));

test.each<[string, Story, string]>([
  ["a line more", other((lines) => [...lines, ...lines.slice(-1)]), "expected session.status_idle, found nothing"],
  ["a line less", other((lines) => lines.slice(0, -1)), "1 events more than expected"],
  ["another order", other(([first, second, ...rest]) => [second, first, ...rest] as Line[]), "line 0: expected"],
  ["another text", other(at(2, { content: [{ type: "text", text: "Do not." }] })), "user.message.content.0.text"],
  ["a field less", other(at(2, { content: [{ type: "text" }] })), "has text too"],
  ["a line that waits", other(at(2, { pending: true })), "is stamped"],
  ["another call", other(at(9, { tool_use_id: "@ask" })), "@ask is"],
  ["a longer wait", told([ask, idles(2)]), "waited in vain for 2 session.status_idle"],
  ["another tail", told([ask, idles(1), tail(END_TURN)]), "stop_reason"],
  ["another echo", told([ask, idles(1), queued(yes)]), "shows event 0 stamped, not pending"],
  ["a refusal of what is taken", told([ask, idles(1), refused(yes, { status: 400, type: "x" })]), "was accepted"],
  ["another refusal", told([ask, idles(1), refused(ask, { status: 409, type: "x" })]), "waits for"],
  ["a refusal of nobody", told([ask, idles(1), ask]), "waits for"],
])("%s does not", async (_, one, words) => {
  await expect(outcome(one)).rejects.toThrow(words);
});

test("frames are compared like lines, and deltas by their whole text", async () => {
  const names = (await play(told(), new NodeStage(told()))).names;
  names.bind("@message", "sevt_m");
  const part = (words: string) => ({
    ...{ type: "event_delta", event_id: "sevt_m" },
    delta: { type: "content_delta", index: 0, content: { type: "text", text: words } },
  });
  const frames = [{ type: "event_start", event: { type: "agent.message", id: "sevt_m" } }, part("Hel"), part("lo")];
  const start = begins("@message", "agent.message");
  matchStream(frames, [start, delta("@message", "Hello")], names);
  expect(() => matchStream(frames, [start, delta("@message", "Help")], names)).toThrow('deltas say "Hello"');
  expect(() => matchStream(frames, [start], names)).toThrow("2 frames more than expected");
});
