/** Calls that the client runs. Marks as in text.ts. */
import type { Scenario } from "./format.ts";
import {
  ASKING,
  allow,
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
  text,
  userMessage,
  waitsFor,
} from "./lines.ts";

const ask = userMessage("@ask", "Look it up.");
const opening = [...RUNNING, logged(ask), start("@span1")];
const closing = [start("@span2"), says("Done."), end("@span2"), ...END_TURN];

const found = answer("@found", "@call1", "A kind of plum.");
/** The result stands before the running pair that it causes [obs]; it is the call's only result. */
export const answered: Scenario = {
  name: "a custom call, answered",
  source: "spec/core.md §4.4, §4.6",
  agent: { tools: CUSTOM },
  script: [calls(callLookup("@call1", { word: "sloe" })), text("Done.")],
  steps: [CREATE, send(ask), idles(1), { do: "send", events: [found], echo: ["stamped"] }, idles(2)],
  expected: [
    ...opening,
    custom("@call1", { word: "sloe" }),
    end("@span1"),
    ...waitsFor("@call1"),
    logged(found),
    ...RUNNING,
    ...closing,
  ],
};

const early = answer("@early", "@call2", "A kind of plum.");
/** Accepted while running, before any idle [obs]: stamped on receipt [doc], so before the slower sandbox result; no idle follows [inf]. */
export const answeredWhileRunning: Scenario = {
  name: "a custom call answered while a sandbox call runs",
  source: "spec/core.md §4.3",
  agent: { tools: [...SANDBOX, ...CUSTOM] },
  script: [calls(callBash("@tool1", "sleep 3; echo slow"), callLookup("@call2")), text("Done.")],
  steps: [
    CREATE,
    send(ask),
    { do: "wait", type: "agent.custom_tool_use", count: 1 },
    { do: "send", events: [early], echo: ["stamped"] },
    idles(1),
  ],
  expected: [
    ...opening,
    bash("@tool1", "sleep 3; echo slow"),
    custom("@call2"),
    end("@span1"),
    logged(early),
    gives("@tool1", "slow"),
    ...closing,
  ],
};

/** No ask in the batch: the sandbox call runs first, then the session waits for the client [inf]. */
export const besideSandbox: Scenario = {
  name: "a custom call beside a sandbox call",
  source: "spec/core.md §4.4",
  agent: { tools: [...SANDBOX, ...CUSTOM] },
  script: [calls(callLookup("@call1"), callBash("@tool2", "echo two")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(found), idles(2)],
  expected: [
    ...opening,
    custom("@call1"),
    bash("@tool2", "echo two"),
    end("@span1"),
    gives("@tool2", "two"),
    ...waitsFor("@call1"),
    logged(found),
    ...RUNNING,
    ...closing,
  ],
};

const yes = allow("@yes", "@tool1");
/** An ask beside a custom call: both are listed in call order [obs], nothing runs before both are answered [inf]. */
export const besideAsk: Scenario = {
  name: "a custom call beside an ask",
  source: "spec/core.md §4.4",
  agent: { tools: [...ASKING, ...CUSTOM] },
  script: [calls(callBash("@tool1", "echo one"), callLookup("@call2")), text("Done.")],
  steps: [CREATE, send(ask), idles(1), send(yes, early), idles(2)],
  expected: [
    ...opening,
    bash("@tool1", "echo one", "ask"),
    custom("@call2"),
    end("@span1"),
    ...waitsFor("@tool1", "@call2"),
    logged(yes),
    logged(early),
    ...RUNNING,
    gives("@tool1", "one"),
    ...closing,
  ],
};

const stop = interrupt("@stop");
/** Open calls get an error result before the interrupt [obs]; for a custom call the server writes it as user.custom_tool_result [inf]. */
export const interrupted: Scenario = {
  name: "an interrupt while a custom call and an ask wait",
  source: "spec/core.md §4.3, §4.5",
  agent: { tools: [...ASKING, ...CUSTOM] },
  script: [calls(callLookup("@call1"), callBash("@tool2", "echo two"))],
  steps: [CREATE, send(ask), idles(1), send(stop), idles(2)],
  expected: [
    ...opening,
    custom("@call1"),
    bash("@tool2", "echo two", "ask"),
    end("@span1"),
    ...waitsFor("@call1", "@tool2"),
    { type: "user.custom_tool_result", custom_tool_use_id: "@call1", is_error: true },
    fails("@tool2", "before it ran"),
    logged(stop),
    ...END_TURN,
  ],
};

/** A custom call cut short is settled inside and never shown, since clients run such calls on sight [inf]; it is a tool turn all the same [inf]. */
export const cutCustom: Scenario = {
  name: "max_tokens in the middle of a custom call",
  source: "spec/core.md §4.6",
  agent: { tools: CUSTOM },
  script: [
    {
      blocks: [
        { type: "text", text: "Let me look." },
        { type: "tool_use_cut", name: "lookup", partial: '{"word":"slo' },
      ],
      stop_reason: "max_tokens",
    },
    text("Done."),
  ],
  steps: [CREATE, send(ask), idles(1)],
  expected: [...opening, says("Let me look."), end("@span1"), ...closing],
};
