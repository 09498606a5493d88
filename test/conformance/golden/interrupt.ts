/** Interrupts: what is open is settled, the interrupt is stamped, the session is idle; one commit (§4.5). Marks as in text.ts. */
import type { Scenario } from "./format.ts";
import {
  ASKING,
  bash,
  CREATE,
  callBash,
  calls,
  END_TURN,
  end,
  failed,
  fails,
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

const hello = userMessage("@hello", "Tell me a story.");
const other = userMessage("@other", "A poem instead.");
const stop = interrupt("@stop");
/** An answer that has begun and cannot end. */
const heldStory = { ...text("Once upon a time."), hold: 1 as const };
const opening = [...RUNNING, logged(hello), start("@span1")];

/** The cut request still gets its end, the previewed message never appears [doc]; span end before the interrupt [inf]. */
export const whileStreaming: Scenario = {
  name: "an interrupt while the model streams",
  source: "spec/core.md §4.5, §4.7",
  agent: { tools: [] },
  script: [heldStory],
  steps: [
    CREATE,
    { do: "connect", event_deltas: ["agent.message"] },
    send(hello),
    { do: "wait_held" },
    send(stop),
    idles(1),
  ],
  expected: [...opening, failed("@span1"), logged(stop), ...END_TURN],
  stream: [
    ...opening,
    { type: "event_start", event: { id: "@story", type: "agent.message" } },
    { type: "event_delta", event_id: "@story", text: "Once upon a time." },
    failed("@span1"),
    logged(stop),
    ...END_TURN,
  ],
};

/** Results before the interrupt [obs]; the running call may have taken effect, the next one never ran (§4.5, our words). */
export const whileToolRuns: Scenario = {
  name: "an interrupt while a tool runs",
  source: "spec/core.md §4.5",
  agent: { tools: SANDBOX },
  script: [calls(callBash("@tool1", "touch started; sleep 60"), callBash("@tool2", "echo two"))],
  steps: [CREATE, send(hello), { do: "wait", type: "span.model_request_end", count: 1 }, send(stop), idles(1)],
  expected: [
    ...opening,
    bash("@tool1", "touch started; sleep 60"),
    bash("@tool2", "echo two"),
    end("@span1"),
    fails("@tool1", "may have taken effect"),
    fails("@tool2", "before it ran"),
    logged(stop),
    ...END_TURN,
  ],
};

/** Pending calls are settled with errors, idle end_turn [obs]; from idle to idle, so no running pair [inf]. */
export const whileWaiting: Scenario = {
  name: "an interrupt while a confirmation is awaited",
  source: "spec/core.md §4.3, §4.5",
  agent: { tools: ASKING },
  script: [calls(callBash("@tool1", "echo one"))],
  steps: [CREATE, send(hello), idles(1), send(stop), idles(2)],
  expected: [
    ...opening,
    bash("@tool1", "echo one", "ask"),
    end("@span1"),
    ...waitsFor("@tool1"),
    fails("@tool1", "before it ran"),
    logged(stop),
    ...END_TURN,
  ],
};

/** The message of the same batch starts the next turn [doc]; the order after the idle group is [inf]. */
export const withRedirect: Scenario = {
  name: "an interrupt and another message in one batch",
  source: "spec/core.md §4.5, §4.6",
  agent: { tools: [] },
  script: [heldStory, text("Roses are red.")],
  steps: [CREATE, send(hello), { do: "wait_held" }, send(stop, other), idles(2)],
  expected: [
    ...opening,
    failed("@span1"),
    logged(stop),
    ...END_TURN,
    ...RUNNING,
    logged(other),
    start("@span2"),
    says("Roses are red."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** Jumps ahead of queued messages [doc], which then start the next turn [inf]. */
export const aheadOfQueue: Scenario = {
  name: "an interrupt ahead of a queued message",
  source: "spec/core.md §4.5",
  agent: { tools: [] },
  script: [heldStory, text("Roses are red.")],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    { do: "send", events: [other], echo: ["pending"] },
    send(stop),
    idles(2),
  ],
  expected: [
    ...opening,
    failed("@span1"),
    logged(stop),
    ...END_TURN,
    ...RUNNING,
    logged(other),
    start("@span2"),
    says("Roses are red."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** Recorded with processed_at, no other effect [obs]. */
export const whenIdle: Scenario = {
  name: "an interrupt on an idle session",
  source: "spec/core.md §4.3",
  agent: { tools: [] },
  script: [text("Once upon a time.")],
  steps: [
    CREATE,
    send(hello),
    idles(1),
    { do: "send", events: [stop], echo: ["stamped"] },
    { do: "expect_status", status: "idle" },
  ],
  expected: [...opening, says("Once upon a time."), end("@span1"), ...END_TURN, logged(stop)],
};

/** The message has started its turn [doc], the interrupt stops it before the model is asked [inf]. */
export const behindItsMessage: Scenario = {
  name: "an interrupt in one batch behind the message that starts the turn",
  source: "spec/core.md §4.3, §4.5",
  agent: { tools: [] },
  script: [],
  steps: [CREATE, send(hello, stop), idles(1)],
  expected: [...RUNNING, logged(hello), logged(stop), ...END_TURN],
};
