/** Input that comes while the session runs, and system messages. Marks as in text.ts. */
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
  systemMessage,
  text,
  userMessage,
} from "./lines.ts";

/** A model that takes system turns in the middle of a conversation (§4.3). */
const SYSTEM_MODEL = "claude-opus-5-5";
const hello = userMessage("@hello", "Say hello.");
const one = userMessage("@one", "Also in French.");
const two = userMessage("@two", "And in Danish.");
const three = userMessage("@three", "And in Latin.");
const pending = (sent: typeof one) => ({ ...logged(sent), pending: true as const });

/** Queued, then folded into the turn at the next model request, right before its start [obs]; pending echoes omit processed_at [obs]. */
export const foldedAfterTool: Scenario = {
  name: "a message queued while the model calls a tool",
  source: "spec/core.md §4.3, §4.6",
  agent: { tools: SANDBOX },
  script: [{ ...calls(callBash("@tool1", "echo hello")), hold: "start" }, text("Hello. Bonjour.")],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    { do: "send", events: [one], echo: ["pending"] },
    { do: "expect_tail", lines: [start("@span1"), pending(one)] },
    { do: "release" },
    idles(1),
  ],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    bash("@tool1", "echo hello"),
    end("@span1"),
    gives("@tool1", "hello"),
    logged(one),
    start("@span2"),
    says("Hello. Bonjour."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** Several are taken together [doc][obs]; when the turn would end, there is another request instead of idle [obs][inf]. */
export const severalQueued: Scenario = {
  name: "three messages queued while the model answers",
  source: "spec/core.md §4.3, §9",
  agent: { tools: [] },
  script: [{ ...text("Hello."), hold: "start" }, text("Bonjour. Hej. Salve.")],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    send(one),
    send(two, three),
    { do: "expect_tail", lines: [start("@span1"), pending(one), pending(two), pending(three)] },
    { do: "release" },
    idles(1),
  ],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    says("Hello."),
    end("@span1"),
    logged(one),
    logged(two),
    logged(three),
    start("@span2"),
    says("Bonjour. Hej. Salve."),
    end("@span2"),
    ...END_TURN,
  ],
};

const rule = systemMessage("@rule", "Answer in French.");
/** A wake event riding along: after the pair, before the request, in the order sent [obs][sdk]. */
export const systemRiding: Scenario = {
  name: "system.message riding with a user.message",
  source: "spec/core.md §4.3, §4.6",
  agent: { tools: [], model: SYSTEM_MODEL },
  script: [text("Bonjour.")],
  steps: [CREATE, send(hello, rule), idles(1)],
  expected: [...RUNNING, logged(hello), logged(rule), start("@span1"), says("Bonjour."), end("@span1"), ...END_TURN],
};

/**
 * Alone on an idle session it is accepted [doc, §12]. It starts no turn: only a *riding* system.message is a wake event (§4.6), and a
 * system turn must follow a user turn (spec/messages.md §6). It waits unstamped and is taken with the next message, in the order sent [inf].
 */
export const systemAlone: Scenario = {
  name: "system.message alone on an idle session",
  source: "spec/core.md §4.3, §12; spec/messages.md §6",
  agent: { tools: [], model: SYSTEM_MODEL },
  script: [text("Hello."), text("Bonjour.")],
  steps: [
    CREATE,
    send(hello),
    idles(1),
    { do: "send", events: [rule], echo: ["pending"] },
    { do: "expect_tail", lines: [...END_TURN, { ...logged(rule), pending: true }] },
    { do: "expect_status", status: "idle" },
    send(one),
    idles(2),
  ],
  expected: [
    ...RUNNING,
    logged(hello),
    start("@span1"),
    says("Hello."),
    end("@span1"),
    ...END_TURN,
    ...RUNNING,
    logged(rule),
    logged(one),
    start("@span2"),
    says("Bonjour."),
    end("@span2"),
    ...END_TURN,
  ],
};
