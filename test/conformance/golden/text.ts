/**
 * Turns without tools. Source marks: [obs] seen on the real service, [doc] documented, [inf] inferred (spec/core.md's own marks).
 */
import type { Scenario } from "./format.ts";
import {
  bash,
  CREATE,
  callBash,
  calls,
  END_TURN,
  end,
  gives,
  idles,
  logged,
  RUNNING,
  SANDBOX,
  says,
  send,
  start,
  text,
  thinking,
  userMessage,
} from "./lines.ts";

const hello = userMessage("@hello", "Say hello.");
const again = userMessage("@again", "And once more.");

/**
 * The list is [obs], the recipe of §4.6; the preview rules of §4.7 are [doc]. Two rules meet in the stream: the recipe shows agent.thinking before
 * the message's preview, and a response is one commit at its end (reliability.md W3, §5.7), so the stored events come after all previews.
 */
export const plainText: Scenario = {
  name: "plain text with thinking and previews",
  source: "spec/core.md §4.6, §4.7",
  agent: { tools: [] },
  script: [{ blocks: [{ type: "thinking" }, { type: "text", text: "Hello there." }], stop_reason: "end_turn" }],
  steps: [CREATE, { do: "connect", event_deltas: ["agent.message", "agent.thinking"] }, send(hello), idles(1)],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    { ...thinking, id: "@thought" },
    says("Hello there.", "@message"),
    end("@span1"),
    ...END_TURN,
  ],
  stream: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    { type: "event_start", event: { id: "@thought", type: "agent.thinking" } },
    { type: "event_start", event: { id: "@message", type: "agent.message" } },
    { type: "event_delta", event_id: "@message", text: "Hello there." },
    { ...thinking, id: "@thought" },
    says("Hello there.", "@message"),
    end("@span1"),
    ...END_TURN,
  ],
};

/** Pair first, as for a message wake [obs]; born running, the events are not echoed by the create [doc]. */
export const initialEvents: Scenario = {
  name: "a session born running by initial_events",
  source: "spec/core.md §4.2, §4.6",
  agent: { tools: [] },
  script: [text("Good morning.")],
  steps: [{ do: "create", initial_events: [hello, again] }, idles(1)],
  expected: [
    ...RUNNING,
    logged(hello),
    logged(again),
    start("@span1"),
    says("Good morning."),
    end("@span1"),
    ...END_TURN,
  ],
};

/** The running pair comes once per idle→running move [doc]. */
export const secondTurn: Scenario = {
  name: "a second turn after end_turn",
  source: "spec/core.md §4.1, §4.3",
  agent: { tools: [] },
  script: [text("Hello."), text("Hello again.")],
  steps: [CREATE, send(hello), idles(1), send(again), idles(2)],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    says("Hello."),
    end("@span1"),
    ...END_TURN,
    ...RUNNING,
    logged(again),
    start("@span2"),
    says("Hello again."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** One clock for the whole session: the list order is the stamp order [obs], rising by at least 1 µs [inf]. */
export const stampsRise: Scenario = {
  name: "stamps rise over a tool turn and a text turn",
  source: "spec/core.md §4.6",
  agent: { tools: SANDBOX },
  script: [calls(callBash("@tool1", "echo one")), text("Done."), text("Hello again.")],
  steps: [CREATE, send(hello), idles(1), send(again), idles(2)],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    bash("@tool1", "echo one"),
    end("@span1"),
    gives("@tool1", "one"),
    start("@span2"),
    says("Done."),
    end("@span2"),
    ...END_TURN,
    ...RUNNING,
    logged(again),
    start("@span3"),
    says("Hello again."),
    end("@span3"),
    ...END_TURN,
  ],
};
