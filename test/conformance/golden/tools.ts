/** Sandbox calls that need nobody's leave. Marks as in text.ts. */
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

const ask = userMessage("@ask", "Use the shell.");

/** Calls before the span's end, results after it [obs]; no empty agent.message beside a lone call [obs]. */
export const oneCall: Scenario = {
  name: "one sandbox call",
  source: "spec/core.md §4.6",
  agent: { tools: SANDBOX },
  script: [calls({ type: "thinking" }, callBash("@tool1", "echo hello")), text("It said hello.")],
  steps: [CREATE, send(ask), idles(1)],
  expected: [
    ...RUNNING,
    logged(ask),
    start("@span1"),
    thinking,
    bash("@tool1", "echo hello"),
    end("@span1"),
    gives("@tool1", "hello"),
    start("@span2"),
    says("It said hello."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** All calls of a response first, then the results in call order [obs]; that they run one after another is ours [inf]. */
export const twoCalls: Scenario = {
  name: "two sandbox calls in one response",
  source: "spec/core.md §4.6, §5.1",
  agent: { tools: SANDBOX },
  script: [
    calls(callBash("@tool1", "sleep 0.2; echo first > order.txt; echo one"), callBash("@tool2", "cat order.txt")),
    text("Both done."),
  ],
  steps: [CREATE, send(ask), idles(1)],
  expected: [
    ...RUNNING,
    logged(ask),
    start("@span1"),
    bash("@tool1", "sleep 0.2; echo first > order.txt; echo one"),
    bash("@tool2", "cat order.txt"),
    end("@span1"),
    gives("@tool1", "one"),
    gives("@tool2", "first"),
    start("@span2"),
    says("Both done."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** Thinking, then the message, then the calls [obs]. */
export const textBesideCall: Scenario = {
  name: "text beside a call",
  source: "spec/core.md §4.6",
  agent: { tools: SANDBOX },
  script: [calls({ type: "text", text: "Let me look." }, callBash("@tool1", "echo found")), text("Found it.")],
  steps: [CREATE, send(ask), idles(1)],
  expected: [
    ...RUNNING,
    logged(ask),
    start("@span1"),
    says("Let me look."),
    bash("@tool1", "echo found"),
    end("@span1"),
    gives("@tool1", "found"),
    start("@span2"),
    says("Found it."),
    end("@span2"),
    ...END_TURN,
  ],
};
