/** Changes of a session's title, metadata and tools. Marks as in text.ts. */
import type { Scenario, Step } from "./format.ts";
import {
  answer,
  CREATE,
  CUSTOM,
  callBash,
  callLookup,
  calls,
  custom,
  END_TURN,
  end,
  fails,
  idle,
  idles,
  logged,
  RUNNING,
  SANDBOX,
  says,
  send,
  start,
  text,
  userMessage,
} from "./lines.ts";

const hello = userMessage("@hello", "Say hello.");
const more = userMessage("@more", "Look it up.");
const opening = [...RUNNING, logged(hello), start("@span1")];
const refused = { status: 400, type: "invalid_request_error" };

/** Only what changed is told, metadata as the full bag; an update that changes nothing leaves no event [sdk]. */
export const titleAndMetadata: Scenario = {
  name: "title and metadata changed while idle and while running",
  source: "spec/core.md §4.9",
  agent: { tools: [] },
  script: [{ ...text("Hello."), hold: "start" }],
  steps: [
    CREATE,
    { do: "update", params: { title: "Greeting", metadata: { a: "1", b: "2" } } },
    { do: "update", params: {} },
    { do: "update", params: { title: "Greeting", metadata: { b: "2", c: null } } },
    send(hello),
    { do: "wait_held" },
    { do: "update", params: { metadata: { a: null, c: "3" } } },
    { do: "update", params: { agent: { tools: [] } }, refused },
    { do: "release" },
    idles(1),
    { do: "update", params: { title: null } },
  ],
  expected: [
    { type: "session.updated", title: "Greeting", metadata: { a: "1", b: "2" } },
    ...opening,
    { type: "session.updated", metadata: { b: "2", c: "3" } },
    says("Hello."),
    end("@span1"),
    ...END_TURN,
    { type: "session.updated", title: null },
  ],
};

const found = answer("@found", "@tool2", "a greeting");
const toLookup: Step = { do: "update", params: { agent: { tools: CUSTOM } } };
/**
 * The new list holds from the next turn [doc]. A model that still calls a tool that is gone gets the error that any unknown name gets; what it
 * was told first stays, and thinking stays valid (the strict server checks both).
 */
export const otherTools: Scenario = {
  name: "other tools from the next turn on",
  source: "spec/core.md §4.9; spec/messages.md §5, §6",
  agent: { tools: SANDBOX },
  script: [
    { ...text("Hello."), blocks: [{ type: "thinking" }, { type: "text", text: "Hello." }] },
    calls({ type: "thinking" }, callBash("@tool1", "echo hello")),
    calls(callLookup("@tool2", { word: "hello" })),
    text("Found."),
  ],
  steps: [CREATE, send(hello), idles(1), toLookup, send(more), idles(2), send(found), idles(3)],
  expected: [
    ...opening,
    { type: "agent.thinking" },
    says("Hello."),
    end("@span1"),
    ...END_TURN,
    // The whole agent, which a contract test compares.
    { type: "session.updated" },
    ...RUNNING,
    logged(more),
    start("@span2"),
    { type: "agent.thinking" },
    { type: "agent.tool_use", id: "@tool1", name: "bash", evaluated_permission: "deny" },
    end("@span2"),
    fails("@tool1", "no tool named bash"),
    start("@span3"),
    custom("@tool2", { word: "hello" }),
    end("@span3"),
    ...idle({ type: "requires_action", event_ids: ["@tool2"] }),
    logged(found),
    ...RUNNING,
    start("@span4"),
    says("Found."),
    end("@span4"),
    ...END_TURN,
  ],
};
