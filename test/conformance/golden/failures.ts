/** Turns in which a model request fails, or too many were made. Marks as in text.ts. */
import type { Line, ModelAnswer, Scenario } from "./format.ts";
import {
  bash,
  CREATE,
  calls,
  END_TURN,
  EXHAUSTED,
  end,
  error,
  failed,
  idles,
  logged,
  RESCHEDULED,
  RUNNING,
  SANDBOX,
  says,
  send,
  start,
  text,
  userMessage,
} from "./lines.ts";

const hello = userMessage("@hello", "Say hello.");
const more = userMessage("@more", "Are you there?");
const opening = [...RUNNING, logged(hello), start("@span1")];
const overloaded: ModelAnswer = { blocks: [], stop_reason: "", error: { status: 529, type: "overloaded_error" } };

/**
 * Error plus rescheduled pair, then running again [doc]. Inferred: the failed span's end comes first, the error next, session before
 * thread in the pair (as for running), and a fresh running pair before the repeated request.
 */
export const overloadedOnce: Scenario = {
  name: "529, then success",
  source: "spec/core.md §4.8",
  agent: { tools: [] },
  script: [overloaded, text("Hello.")],
  steps: [CREATE, send(hello), idles(1)],
  expected: [
    ...opening,
    failed("@span1"),
    error("model_overloaded_error", "retrying"),
    ...RESCHEDULED,
    ...RUNNING,
    start("@span2"),
    says("Hello."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** A body that ends without message_stop is a failed request: no agent.message from it (spec/messages.md §11). The order as above. */
export const cutStream: Scenario = {
  name: "a stream cut in the middle, then success",
  source: "spec/core.md §4.8; spec/messages.md §11",
  agent: { tools: [] },
  script: [{ ...text("Hel"), error: "cut_stream" }, text("Hello.")],
  steps: [CREATE, send(hello), idles(1)],
  expected: [
    ...opening,
    failed("@span1"),
    error("model_request_failed_error", "retrying"),
    ...RESCHEDULED,
    ...RUNNING,
    start("@span2"),
    says("Hello."),
    end("@span2"),
    ...END_TURN,
  ],
};

const retried: Line = {
  repeat: [start("@span"), failed("@span"), error("model_overloaded_error", "retrying"), ...RESCHEDULED, ...RUNNING],
  at_least: 1,
};
/**
 * `retrying` may repeat, then one `exhausted`, then idle with retries_exhausted [sdk]; the number of attempts is not public. Two rules meet
 * here: a queued message is folded at the next model request (§4.3), and a repeated request sends the bytes of the first (reliability.md C5,
 * I9). A repeated attempt is the same request, so the message waits and is flushed before the idle group (§4.8) [inf].
 */
export const exhausted: Scenario = {
  name: "retries exhausted, with a message queued",
  source: "spec/core.md §4.8",
  agent: { tools: [] },
  script: [
    { ...overloaded, hold: "start" },
    { ...overloaded, repeat: true },
  ],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    { do: "send", events: [more], echo: ["pending"] },
    { do: "release" },
    idles(1),
    { do: "expect_status", status: "idle" },
  ],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@first"),
    failed("@first"),
    error("model_overloaded_error", "retrying"),
    ...RESCHEDULED,
    ...RUNNING,
    retried,
    start("@last"),
    failed("@last"),
    error("model_overloaded_error", "exhausted"),
    logged(more),
    ...EXHAUSTED,
  ],
};

/**
 * Authentication, billing and invalid-request errors end the turn at once (shared design §4): exhausted, queued input flushed, idle with
 * retries_exhausted [sdk]; flushed means stamped before the idle group [inf]. The next message starts a new turn [sdk].
 */
export const notRetried: Scenario = {
  name: "a model error that is not retried, and a message queued behind it",
  source: "spec/core.md §4.8",
  agent: { tools: [] },
  script: [
    { blocks: [], stop_reason: "", error: { status: 401, type: "authentication_error" }, hold: "start" },
    text("Hello."),
  ],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    { do: "send", events: [more], echo: ["pending"] },
    { do: "release" },
    idles(1),
    send(userMessage("@third", "And now?")),
    idles(2),
  ],
  expected: [
    ...opening,
    failed("@span1"),
    error("model_request_failed_error", "exhausted"),
    logged(more),
    ...EXHAUSTED,
    ...RUNNING,
    logged(userMessage("@third", "And now?")),
    start("@span2"),
    says("Hello."),
    end("@span2"),
    ...END_TURN,
  ],
};

const nothing = { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
/** All of it [obs]: no retry, no usage event, no stop reason; then the session takes nothing more (§12). */
export const overflow: Scenario = {
  name: "context overflow",
  source: "spec/core.md §4.6, §12",
  agent: { tools: [] },
  script: [
    {
      blocks: [],
      stop_reason: "",
      error: {
        status: 400,
        type: "invalid_request_error",
        message: "prompt is too long: 1000001 tokens > 1000000 maximum",
      },
    },
  ],
  steps: [
    CREATE,
    send(hello),
    { do: "wait", type: "session.status_terminated", count: 1 },
    { do: "expect_status", status: "terminated" },
    { do: "send", events: [more], refused: { status: 409, type: "invalid_request_error" } },
  ],
  expected: [
    ...opening,
    { ...failed("@span1"), model_usage: { includes: nothing } },
    error("unknown_error", "terminal"),
    { type: "session.status_terminated" },
  ],
};

const again: ModelAnswer = {
  ...calls({ type: "tool_use", name: "bash", input: { command: "echo round" } }),
  repeat: true,
};
/** The loop stops between rounds with its own error, exhausted, retries_exhausted [sdk]; the last round is whole [inf]; the limit is not public. */
export const toolRounds: Scenario = {
  name: "the limit of tool rounds",
  source: "spec/core.md §4.8, §9",
  agent: { tools: SANDBOX },
  script: [again],
  steps: [CREATE, send(hello), idles(1)],
  expected: [
    ...RUNNING,
    logged(hello),
    {
      repeat: [
        start("@span"),
        bash("@tool", "echo round"),
        end("@span"),
        { type: "agent.tool_result", tool_use_id: "@tool" },
      ],
      at_least: 2,
    },
    error("tool_use_limit_reached_error", "exhausted"),
    ...EXHAUSTED,
  ],
};
