/** What is played once undisturbed and then once per write boundary. Each step waits for what it needs; nothing is timed. */
import type { Story } from "../story/format.ts";
import {
  ASKING,
  allow,
  answer,
  bash,
  born,
  CUSTOM,
  callBash,
  callLookup,
  calls,
  custom,
  deny,
  END_TURN,
  FAILED,
  fails,
  gives,
  HELD,
  held,
  idles,
  interrupt,
  message,
  RELEASE,
  RUNNING,
  request,
  SANDBOX,
  says,
  story,
  text,
  waitsFor,
} from "../story/words.ts";

const please = message("@please", "Please.");
const more = message("@more", "Go on.");
const hello = [request(says("Hello.")), END_TURN];
const done = [request(says("Done.")), END_TURN];
const TOLD = { do: "told" } as const;
/** A real command with a side effect that can be counted. */
const journals = (mark: string) => `echo ${mark} >> /workspace/journal; echo did ${mark}`;
const ran = (id: `@${string}`, mark: string, permission?: string) => bash(id, journals(mark), permission);
const runs = (id: `@${string}`, mark: string) => callBash(id, journals(mark));
const source = "reliability.md §3.4";

const yes = allow("@yes", "@tool1");
const no = deny("@no", "@tool2", "Not this.");
const found = answer("@found", "@call1", "yes");
const stop = interrupt("@stop");

export const DELETED = "a deleted session";
export const STORIES: Story[] = [
  story("a plain turn", source, {
    script: [text("Hello.")],
    steps: [please, idles(1)],
    expected: [RUNNING, please, hello],
  }),
  story("a session that comes with its first message", source, {
    script: [text("Hello.")],
    steps: [born(please), idles(1)],
    expected: [RUNNING, please, hello],
  }),
  story("two rounds of tools", source, {
    tools: SANDBOX,
    script: [
      calls({ type: "text", text: "First." }, runs("@tool1", "m1"), runs("@tool2", "m2")),
      calls(runs("@tool3", "m3")),
      text("Done."),
    ],
    steps: [please, idles(1)],
    expected: [
      [RUNNING, please, request(says("First."), ran("@tool1", "m1"), ran("@tool2", "m2"))],
      [gives("@tool1", "did m1"), gives("@tool2", "did m2"), request(ran("@tool3", "m3")), gives("@tool3", "did m3")],
      done,
    ],
  }),
  story("a call that a person allows and one that a person denies", source, {
    tools: ASKING,
    script: [calls(runs("@tool1", "m1"), runs("@tool2", "m2")), text("Done.")],
    steps: [please, idles(1), no, yes, idles(2)],
    expected: [
      [RUNNING, please, request(ran("@tool1", "m1", "ask"), ran("@tool2", "m2", "ask")), waitsFor("@tool1", "@tool2")],
      [yes, no, RUNNING, gives("@tool1", "did m1"), fails("@tool2", "Not this."), done],
    ],
  }),
  story("a custom tool", source, {
    tools: CUSTOM,
    script: [calls(callLookup("@call1")), text("Done.")],
    steps: [please, idles(1), found, idles(2)],
    expected: [RUNNING, please, request(custom("@call1")), waitsFor("@call1"), found, RUNNING, done],
  }),
  story("an interrupt while the model answers, and a message after it", source, {
    script: [held(text("Never seen.")), text("Hello.")],
    steps: [please, HELD, stop, idles(1), more, idles(2)],
    expected: [RUNNING, please, FAILED, stop, END_TURN, RUNNING, more, hello],
  }),
  story("a message that waits for the one before it", source, {
    script: [held(text("One.")), text("Two.")],
    steps: [please, HELD, more, TOLD, RELEASE, idles(1)],
    expected: [RUNNING, please, request(says("One.")), more, request(says("Two.")), END_TURN],
  }),
  story("an archived session", source, {
    script: [text("Hello.")],
    steps: [please, idles(1), TOLD, { do: "archive" }],
    expected: [RUNNING, please, hello],
  }),
  story(DELETED, source, {
    tools: SANDBOX,
    script: [calls(runs("@tool1", "m1")), text("Done.")],
    steps: [please, idles(1), TOLD, { do: "remove" }],
    expected: [],
  }),
];
