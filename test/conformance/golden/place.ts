/** Where client events stand when several rules meet (§4.6, the placement rules). Marks as in text.ts. */
import type { Scenario } from "./format.ts";
import {
  answer,
  bash,
  CREATE,
  CUSTOM,
  callBash,
  callLookup,
  calls,
  custom,
  END_TURN,
  end,
  failed,
  fails,
  gives,
  idles,
  interrupt,
  logged,
  RUNNING,
  SANDBOX,
  says,
  send,
  start,
  systemMessage,
  text,
  userMessage,
  waitsFor,
} from "./lines.ts";

/** A model that takes system turns in the middle of a conversation (§4.3). */
const SYSTEM_MODEL = "claude-opus-5-5";
const ask = userMessage("@ask", "Look it up.");
const one = userMessage("@one", "Be quick.");
const two = userMessage("@two", "And polite.");
const rule = systemMessage("@rule", "Answer in French.");
const stop = interrupt("@stop");
const found = answer("@found", "@call1", "A kind of plum.");
const opening = [...RUNNING, logged(ask), start("@span1")];
const closing = [start("@span2"), says("Done."), end("@span2"), ...END_TURN];
const pending = (sent: typeof one) => ({ ...logged(sent), pending: true as const });

/** Several wake events cause one pair and stand in the order sent, right before the span that reads them [obs]. */
export const wokenByTwo: Scenario = {
  name: "two messages in one batch wake a session",
  source: "spec/core.md §4.3, §4.6",
  agent: { tools: [] },
  script: [text("Hello."), text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(one, two), idles(2)],
  expected: [...opening, says("Hello."), end("@span1"), ...END_TURN, ...RUNNING, logged(one), logged(two), ...closing],
};

/** Initial events start like a message wake, pair first, all of them before the first span [obs]. */
export const bornByTwo: Scenario = {
  name: "a session born running by two initial events",
  source: "spec/core.md §4.2, §4.6",
  agent: { tools: [] },
  script: [text("Hello.")],
  steps: [{ do: "create", initial_events: [one, two] }, idles(1)],
  expected: [...RUNNING, logged(one), logged(two), start("@span1"), says("Hello."), end("@span1"), ...END_TURN],
};

/** Mid-turn input with a system message riding along: both right before the next span, in the order sent [obs][sdk]. */
export const systemMidTurn: Scenario = {
  name: "a message and its system.message queued while a tool call is made",
  source: "spec/core.md §4.3, §4.6",
  agent: { tools: SANDBOX, model: SYSTEM_MODEL },
  script: [{ ...calls(callBash("@tool1", "echo plum")), hold: "start" }, text("Done.")],
  steps: [
    CREATE,
    send(ask),
    { do: "wait_held" },
    { do: "send", events: [one, rule], echo: ["pending", "pending"] },
    { do: "release" },
    idles(1),
  ],
  expected: [
    ...opening,
    bash("@tool1", "echo plum"),
    end("@span1"),
    gives("@tool1", "plum"),
    logged(one),
    logged(rule),
    ...closing,
  ],
};

/** The answer before the pair that it causes, the system.message that rides along after it, before the span [obs][sdk]. */
export const systemBehindAnswer: Scenario = {
  name: "a system.message behind the answer to a custom call",
  source: "spec/core.md §4.3, §4.6",
  agent: { tools: CUSTOM, model: SYSTEM_MODEL },
  script: [calls(callLookup("@call1")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(found, rule), idles(2)],
  expected: [
    ...opening,
    custom("@call1"),
    end("@span1"),
    ...waitsFor("@call1"),
    logged(found),
    ...RUNNING,
    logged(rule),
    ...closing,
  ],
};

/** Input queued before the session came to wait stays pending at the tail [obs]; the answer's pair comes first, then the input [inf]. */
export const queuedBeforeWait: Scenario = {
  name: "a message queued before a session waits for the client",
  source: "spec/core.md §4.3, §4.4, §4.6",
  agent: { tools: CUSTOM },
  script: [{ ...calls(callLookup("@call1")), hold: "start" }, text("Done.")],
  steps: [
    CREATE,
    send(ask),
    { do: "wait_held" },
    { do: "send", events: [one], echo: ["pending"] },
    { do: "release" },
    idles(1),
    { do: "expect_tail", lines: [...waitsFor("@call1"), pending(one)] },
    { do: "send", events: [found], echo: ["stamped"] },
    idles(2),
  ],
  expected: [
    ...opening,
    custom("@call1"),
    end("@span1"),
    ...waitsFor("@call1"),
    logged(found),
    ...RUNNING,
    logged(one),
    ...closing,
  ],
};

/** Each event of a batch is judged in the state that the ones before it leave: the answer resolves, the message joins the turn [inf]. */
export const messageBehindAnswer: Scenario = {
  name: "the last answer and a message in one batch",
  source: "spec/core.md §4.3, §4.6",
  agent: { tools: CUSTOM },
  script: [calls(callLookup("@call1")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(found, one), idles(2)],
  expected: [
    ...opening,
    custom("@call1"),
    end("@span1"),
    ...waitsFor("@call1"),
    logged(found),
    ...RUNNING,
    logged(one),
    ...closing,
  ],
};

/** What is answered keeps its answer, what is open gets an error, then the interrupt, then the idle group [obs]. */
export const stopBehindAnswer: Scenario = {
  name: "an answer and an interrupt in one batch",
  source: "spec/core.md §4.5, §4.6",
  agent: { tools: CUSTOM },
  script: [calls(callLookup("@call1"), callLookup("@call2"))],
  steps: [CREATE, send(ask), idles(1), { do: "send", events: [found, stop], echo: ["stamped", "stamped"] }, idles(2)],
  expected: [
    ...opening,
    custom("@call1"),
    custom("@call2"),
    end("@span1"),
    ...waitsFor("@call1", "@call2"),
    logged(found),
    { type: "user.custom_tool_result", custom_tool_use_id: "@call2", is_error: true },
    logged(stop),
    ...END_TURN,
  ],
};

/** Synthesized results of both families in call order, then the interrupt, then the idle group [obs]. */
export const stopBesideCustom: Scenario = {
  name: "an interrupt while a sandbox call runs beside a custom call",
  source: "spec/core.md §4.5, §4.6",
  agent: { tools: [...SANDBOX, ...CUSTOM] },
  script: [calls(callLookup("@call1"), callBash("@tool2", "sleep 60"))],
  steps: [CREATE, send(ask), { do: "wait", type: "span.model_request_end", count: 1 }, send(stop), idles(1)],
  expected: [
    ...opening,
    custom("@call1"),
    bash("@tool2", "sleep 60"),
    end("@span1"),
    { type: "user.custom_tool_result", custom_tool_use_id: "@call1", is_error: true },
    fails("@tool2", "may have taken effect"),
    logged(stop),
    ...END_TURN,
  ],
};

/** From a wait too, the message of the same batch starts the next turn [doc]; the order after the idle group is [inf]. */
export const redirectFromWait: Scenario = {
  name: "an interrupt and another message while the session waits",
  source: "spec/core.md §4.5, §4.6",
  agent: { tools: CUSTOM },
  script: [calls(callLookup("@call1")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(stop, one), idles(3)],
  expected: [
    ...opening,
    custom("@call1"),
    end("@span1"),
    ...waitsFor("@call1"),
    { type: "user.custom_tool_result", custom_tool_use_id: "@call1", is_error: true },
    logged(stop),
    ...END_TURN,
    ...RUNNING,
    logged(one),
    ...closing,
  ],
};

/** The interrupt jumps ahead of the queue [doc]; what was queued and what came with it start the next turn, oldest first [inf]. */
export const redirectWithQueue: Scenario = {
  name: "an interrupt and another message ahead of a queued one",
  source: "spec/core.md §4.5, §4.6",
  agent: { tools: [] },
  script: [{ ...text("Once upon"), hold: "start" }, text("Done.")],
  steps: [
    CREATE,
    send(ask),
    { do: "wait_held" },
    { do: "send", events: [one], echo: ["pending"] },
    send(stop, two),
    idles(2),
  ],
  expected: [...opening, failed("@span1"), logged(stop), ...END_TURN, ...RUNNING, logged(one), logged(two), ...closing],
};
