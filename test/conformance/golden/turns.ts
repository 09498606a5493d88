/**
 * Turns that go their way: without tools, with sandbox calls that need nobody's leave, and their ends. Source marks in all files of golden
 * logs: [obs] seen on the real service, [doc] documented, [sdk] said by the SDK's types, [inf] inferred (spec/core.md's own marks).
 */
import {
  bash,
  begins,
  born,
  callBash,
  calls,
  connect,
  cut,
  delta,
  END_TURN,
  gives,
  HELD,
  held,
  idle,
  idles,
  message,
  RELEASE,
  RUNNING,
  reads,
  refused,
  request,
  SANDBOX,
  START,
  says,
  story,
  THINKING,
  text,
} from "../../story/words.ts";

const hello = message("@hello", "Say hello.");
const again = message("@again", "And once more.");
const ask = message("@ask", "Use the shell.");
const done = [request(says("Done.")), END_TURN];

/**
 * The list is [obs], the recipe of §4.6; the preview rules of §4.7 are [doc]. Two rules meet in the stream: the recipe shows agent.thinking before
 * the message's preview, and a response is one commit at its end (reliability.md W3, §5.7), so the stored events come after all previews.
 */
const thought = [{ ...THINKING, id: "@thought" as const }, says("Hello there.", "@message")];
export const plainText = story("plain text with thinking and previews", "spec/core.md §4.6, §4.7", {
  script: [{ blocks: [{ type: "thinking" }, { type: "text", text: "Hello there." }], stop_reason: "end_turn" }],
  steps: [connect("agent.message", "agent.thinking"), hello, idles(1)],
  expected: [RUNNING, hello, request(...thought), END_TURN],
  stream: [
    [RUNNING, hello, START, begins("@thought", "agent.thinking"), begins("@message", "agent.message")],
    [delta("@message", "Hello there."), request(...thought).slice(1), END_TURN],
  ],
});

/** Pair first, as for a message wake [obs]; born running, the events are not echoed by the create [doc]. */
export const initialEvents = story("a session born running by initial_events", "spec/core.md §4.2, §4.6", {
  script: [text("Good morning.")],
  steps: [born(hello, again), idles(1)],
  expected: [RUNNING, hello, again, request(says("Good morning.")), END_TURN],
});

/** The running pair comes once per idle→running move [doc]. */
export const secondTurn = story("a second turn after end_turn", "spec/core.md §4.1, §4.3", {
  script: [text("Hello."), text("Hello again.")],
  steps: [hello, idles(1), again, idles(2)],
  expected: [
    [RUNNING, hello, request(says("Hello.")), END_TURN],
    [RUNNING, again, request(says("Hello again.")), END_TURN],
  ],
});

/** One clock for the whole session: the list order is the stamp order [obs], rising by at least 1 µs [inf]. */
export const stampsRise = story("stamps rise over a tool turn and a text turn", "spec/core.md §4.6", {
  tools: SANDBOX,
  script: [calls(callBash("@tool1", "echo one")), text("Done."), text("Hello again.")],
  steps: [hello, idles(1), again, idles(2)],
  expected: [
    [RUNNING, hello, request(bash("@tool1", "echo one")), gives("@tool1", "one"), done],
    [RUNNING, again, request(says("Hello again.")), END_TURN],
  ],
});

/** Calls before the span's end, results after it [obs]; no empty agent.message beside a lone call [obs]. */
export const oneCall = story("one sandbox call", "spec/core.md §4.6", {
  tools: SANDBOX,
  script: [calls({ type: "thinking" }, callBash("@tool1", "echo hello")), text("It said hello.")],
  steps: [ask, idles(1)],
  expected: [
    [RUNNING, ask, request(THINKING, bash("@tool1", "echo hello")), gives("@tool1", "hello")],
    [request(says("It said hello.")), END_TURN],
  ],
});

const inOrder = "sleep 0.2; echo first > order.txt; echo one";
/** All calls of a response first, then the results in call order [obs]; that they run one after another is ours [inf]. */
export const twoCalls = story("two sandbox calls in one response", "spec/core.md §4.6, §5.1", {
  tools: SANDBOX,
  script: [calls(callBash("@tool1", inOrder), callBash("@tool2", "cat order.txt")), text("Both done.")],
  steps: [ask, idles(1)],
  expected: [
    [RUNNING, ask, request(bash("@tool1", inOrder), bash("@tool2", "cat order.txt"))],
    [gives("@tool1", "one"), gives("@tool2", "first"), request(says("Both done.")), END_TURN],
  ],
});

/** Thinking, then the message, then the calls [obs]. */
export const textBesideCall = story("text beside a call", "spec/core.md §4.6", {
  tools: SANDBOX,
  script: [calls({ type: "text", text: "Let me look." }, callBash("@tool1", "echo found")), text("Found it.")],
  steps: [ask, idles(1)],
  expected: [
    [RUNNING, ask, request(says("Let me look."), bash("@tool1", "echo found")), gives("@tool1", "found")],
    [request(says("Found it.")), END_TURN],
  ],
});

const refusal = { type: "refusal", category: "cyber", explanation: "Not this." } as const;
/** idle with `refusal` and its stop_details [sdk]; no message, since nothing was said. */
export const modelRefuses = story("a refusal", "spec/core.md §4.6, §4.8; spec/messages.md §12", {
  script: [{ blocks: [], stop_reason: "refusal", stop_details: refusal }],
  steps: [hello, idles(1)],
  expected: [RUNNING, hello, request(), idle({ type: "refusal" }, refusal)],
});

/** A max-tokens cut is flattened to end_turn [obs]. */
export const cutText = story("max_tokens in the middle of a text", "spec/core.md §4.6", {
  script: [cut({ type: "text", text: "Hel" })],
  steps: [hello, idles(1)],
  expected: [RUNNING, hello, request(says("Hel")), END_TURN],
});

/**
 * A tool turn whatever the label [obs]; the cut call has `input:{}` [obs], is never dispatched, permission deny, settled as an error [inf]. In call
 * order (§5.1): the cut call's error does not overtake the result of the call before it.
 */
export const cutCall = story("max_tokens in the middle of a sandbox call", "spec/core.md §4.6; spec/messages.md §12", {
  tools: SANDBOX,
  script: [
    cut(callBash("@tool1", "echo whole"), {
      type: "tool_use_cut",
      as: "@tool2",
      name: "bash",
      partial: '{"command":"rm -r',
    }),
    text("Done."),
  ],
  steps: [hello, idles(1)],
  expected: [
    [RUNNING, hello, request(bash("@tool1", "echo whole"), { ...bash("@tool2", "", "deny"), input: {} })],
    [gives("@tool1", "whole"), { type: "agent.tool_result", tool_use_id: "@tool2", is_error: true }, done],
  ],
});

/** Archiving adds nothing to the list [obs]; the session reads terminated and refuses new events (§12). Running, it is refused [obs]. */
export const archived = story("archive", "spec/core.md §4.3, §4.6, §4.9, §12", {
  script: [held(text("Hello."))],
  steps: [
    ...[hello, HELD, { do: "archive" as const, refused: { status: 400, type: "invalid_request_error" } }],
    ...[RELEASE, idles(1), reads("idle"), { do: "archive" as const }, reads("terminated")],
    refused(again, { status: 409, type: "invalid_request_error" }),
  ],
  expected: [RUNNING, hello, request(says("Hello.")), END_TURN],
});
