/** Calls that ask first. Marks as in text.ts. */
import type { Scenario } from "./format.ts";
import {
  ASKING,
  allow,
  BASH_ASKS,
  bash,
  CREATE,
  callBash,
  calls,
  deny,
  END_TURN,
  end,
  fails,
  gives,
  idles,
  interrupt,
  logged,
  RUNNING,
  says,
  send,
  start,
  text,
  userMessage,
  waitsFor,
} from "./lines.ts";

const ask = userMessage("@ask", "Use the shell.");
const asks = (id: `@${string}`, command: string) => bash(id, command, "ask");
const closing = [start("@span2"), says("Done."), end("@span2"), ...END_TURN];
const opening = [...RUNNING, logged(ask), start("@span1")];

const allowed = allow("@yes", "@tool1");
/** The confirmation stands before the running pair that it causes, then the result [obs]. */
export const allowOne: Scenario = {
  name: "always_ask, allowed",
  source: "spec/core.md §4.4, §4.6",
  agent: { tools: ASKING },
  script: [calls(callBash("@tool1", "echo hello")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), { do: "send", events: [allowed], echo: ["stamped"] }, idles(2)],
  expected: [
    ...opening,
    asks("@tool1", "echo hello"),
    end("@span1"),
    ...waitsFor("@tool1"),
    logged(allowed),
    ...RUNNING,
    gives("@tool1", "hello"),
    ...closing,
  ],
};

const denied = deny("@no", "@tool1", "Not on a Sunday.");
/** Not run; the model gets an error result with the message [doc]; its wording is ours [inf]. */
export const denyOne: Scenario = {
  name: "always_ask, denied with a message",
  source: "spec/core.md §4.4, §4.6",
  agent: { tools: ASKING },
  script: [calls(callBash("@tool1", "echo hello")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), { do: "send", events: [denied], echo: ["stamped"] }, idles(2)],
  expected: [
    ...opening,
    asks("@tool1", "echo hello"),
    end("@span1"),
    ...waitsFor("@tool1"),
    logged(denied),
    ...RUNNING,
    fails("@tool1", "Not on a Sunday."),
    ...closing,
  ],
};

const second = allow("@yes", "@tool2");
/** The whole batch waits, only the asking call is listed, results come in call order [obs]. */
export const mixed: Scenario = {
  name: "one call that asks beside one that does not",
  source: "spec/core.md §4.4",
  agent: { tools: BASH_ASKS },
  script: [
    calls(
      { type: "tool_use", as: "@tool1", name: "write", input: { file_path: "a.txt", content: "alpha" } },
      callBash("@tool2", "cat a.txt"),
    ),
    text("Done."),
  ],
  steps: [CREATE, send(ask), idles(1), send(second), idles(2)],
  expected: [
    ...opening,
    { type: "agent.tool_use", id: "@tool1", name: "write", evaluated_permission: "allow" },
    asks("@tool2", "cat a.txt"),
    end("@span1"),
    ...waitsFor("@tool2"),
    logged(second),
    ...RUNNING,
    { type: "agent.tool_result", tool_use_id: "@tool1" },
    gives("@tool2", "alpha"),
    ...closing,
  ],
};

const first = allow("@first", "@tool1");
const then = allow("@then", "@tool2");
const twoAsks = calls(callBash("@tool1", "echo one"), callBash("@tool2", "echo two"));
/** A subset keeps the session idle and idle is emitted again with the rest [obs]; with its whole group, since usage precedes every idle [doc]. */
export const oneByOne: Scenario = {
  name: "two asks answered one by one",
  source: "spec/core.md §4.4, §4.10",
  agent: { tools: ASKING },
  script: [twoAsks, text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(first), idles(2), send(then), idles(3)],
  expected: [
    ...opening,
    asks("@tool1", "echo one"),
    asks("@tool2", "echo two"),
    end("@span1"),
    ...waitsFor("@tool1", "@tool2"),
    logged(first),
    ...waitsFor("@tool2"),
    logged(then),
    ...RUNNING,
    gives("@tool1", "one"),
    gives("@tool2", "two"),
    ...closing,
  ],
};

/** The later reply stays at the tail, both ids stay advertised [obs]; nothing is emitted for it, and both are taken in one go [inf]. */
export const outOfOrder: Scenario = {
  name: "two asks answered out of order",
  source: "spec/core.md §4.4",
  agent: { tools: ASKING },
  script: [twoAsks, text("Done.")],
  steps: [
    CREATE,
    send(ask),
    idles(1),
    { do: "send", events: [then], echo: ["pending"] },
    { do: "expect_tail", lines: [...waitsFor("@tool1", "@tool2"), { ...logged(then), pending: true }] },
    send(first),
    idles(2),
  ],
  expected: [
    ...opening,
    asks("@tool1", "echo one"),
    asks("@tool2", "echo two"),
    end("@span1"),
    ...waitsFor("@tool1", "@tool2"),
    logged(first),
    logged(then),
    ...RUNNING,
    gives("@tool1", "one"),
    gives("@tool2", "two"),
    ...closing,
  ],
};

const nothing = { status: 400, type: "invalid_request_error" };
const stop = interrupt("@stop");
/** A message while waiting, an answer to nothing and a second answer are 400s and leave no trace [obs]. */
export const refusedWhileWaiting: Scenario = {
  name: "what a waiting session refuses",
  source: "spec/core.md §4.3, §4.4, §12",
  agent: { tools: ASKING },
  script: [twoAsks],
  steps: [
    CREATE,
    send(ask),
    idles(1),
    { do: "send", events: [userMessage("@late", "Hurry.")], refused: nothing },
    { do: "send", events: [allow("@lost", "@ask")], refused: nothing },
    send(first),
    idles(2),
    { do: "send", events: [allow("@twice", "@tool1")], refused: nothing },
    send(stop),
    idles(3),
  ],
  expected: [
    ...opening,
    asks("@tool1", "echo one"),
    asks("@tool2", "echo two"),
    end("@span1"),
    ...waitsFor("@tool1", "@tool2"),
    logged(first),
    ...waitsFor("@tool2"),
    fails("@tool1", "before it ran"),
    fails("@tool2", "before it ran"),
    logged(stop),
    ...END_TURN,
  ],
};
