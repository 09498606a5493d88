/** Input that comes while the session runs, system messages, interrupts, and where they stand when several rules meet. Marks as in turns.ts. */
import {
  ASKING,
  answer,
  bash,
  begins,
  born,
  CUSTOM,
  callBash,
  callLookup,
  calls,
  connect,
  custom,
  delta,
  END_TURN,
  FAILED,
  fails,
  gives,
  HELD,
  held,
  idles,
  interrupt,
  message,
  queued,
  RELEASE,
  RUNNING,
  reads,
  request,
  SANDBOX,
  START,
  says,
  stamped,
  story,
  systemMessage,
  tail,
  text,
  unanswered,
  until,
  waiting,
  waitsFor,
} from "../../story/words.ts";

/** A model that takes system turns in the middle of a conversation (§4.3). */
const SYSTEM_MODEL = "claude-opus-5-5";
const ask = message("@ask", "Look it up.");
const one = message("@one", "Be quick.");
const two = message("@two", "And polite.");
const three = message("@three", "And in Latin.");
const rule = systemMessage("@rule", "Answer in French.");
const stop = interrupt("@stop");
const found = answer("@found", "@call1", "A kind of plum.");
const opening = [RUNNING, ask];
const closing = [request(says("Done.")), END_TURN];
const hello = request(says("Hello."));

/** Queued, then folded into the turn at the next model request, right before its start [obs]; pending echoes omit processed_at [obs]. */
export const foldedAfterTool = story("a message queued while the model calls a tool", "spec/core.md §4.3, §4.6", {
  tools: SANDBOX,
  script: [held(calls(callBash("@tool1", "echo hello"))), text("Done.")],
  steps: [ask, HELD, queued(one), tail(START, waiting(one)), RELEASE, idles(1)],
  expected: [opening, request(bash("@tool1", "echo hello")), gives("@tool1", "hello"), one, closing],
});

/** Several are taken together [doc][obs]; when the turn would end, there is another request instead of idle [obs][inf]. */
export const severalQueued = story("three messages queued while the model answers", "spec/core.md §4.3, §9", {
  script: [held(text("Hello.")), text("Done.")],
  steps: [ask, HELD, one, [two, three], tail(START, ...[one, two, three].map(waiting)), RELEASE, idles(1)],
  expected: [opening, hello, one, two, three, closing],
});

/** A wake event riding along: after the pair, before the request, in the order sent [obs][sdk]. */
export const systemRiding = story("system.message riding with a user.message", "spec/core.md §4.3, §4.6", {
  model: SYSTEM_MODEL,
  script: [text("Done.")],
  steps: [[ask, rule], idles(1)],
  expected: [opening, rule, closing],
});

/**
 * Alone on an idle session it is accepted [doc, §12]. It starts no turn: only a *riding* system.message is a wake event (§4.6), and a
 * system turn must follow a user turn (spec/messages.md §6). It waits unstamped and is taken with the next message, in the order sent [inf].
 */
export const systemAlone = story(
  "system.message alone on an idle session",
  "spec/core.md §4.3, §12; spec/messages.md §6",
  {
    model: SYSTEM_MODEL,
    script: [text("Hello."), text("Done.")],
    steps: [ask, idles(1), queued(rule), tail(END_TURN, waiting(rule)), reads("idle"), one, idles(2)],
    expected: [opening, hello, END_TURN, RUNNING, rule, one, closing],
  },
);

/** Several wake events cause one pair and stand in the order sent, right before the span that reads them [obs]. */
export const wokenByTwo = story("two messages in one batch wake a session", "spec/core.md §4.3, §4.6", {
  script: [text("Hello."), text("Done.")],
  steps: [ask, idles(1), [one, two], idles(2)],
  expected: [opening, hello, END_TURN, RUNNING, one, two, closing],
});

/** Initial events start like a message wake, pair first, all of them before the first span [obs]. */
export const bornByTwo = story("a session born running by two initial events", "spec/core.md §4.2, §4.6", {
  script: [text("Hello.")],
  steps: [born(one, two), idles(1)],
  expected: [RUNNING, one, two, hello, END_TURN],
});

/** Mid-turn input with a system message riding along: both right before the next span, in the order sent [obs][sdk]. */
export const systemMidTurn = story(
  "a message and its system.message queued while a tool call is made",
  "spec/core.md §4.3, §4.6",
  {
    tools: SANDBOX,
    model: SYSTEM_MODEL,
    script: [held(calls(callBash("@tool1", "echo plum"))), text("Done.")],
    steps: [ask, HELD, queued(one, rule), RELEASE, idles(1)],
    expected: [opening, request(bash("@tool1", "echo plum")), gives("@tool1", "plum"), one, rule, closing],
  },
);

const asked = [opening, request(custom("@call1")), waitsFor("@call1")];
/** The answer before the pair that it causes, the system.message that rides along after it, before the span [obs][sdk]. */
export const systemBehindAnswer = story(
  "a system.message behind the answer to a custom call",
  "spec/core.md §4.3, §4.6",
  {
    tools: CUSTOM,
    model: SYSTEM_MODEL,
    script: [calls(callLookup("@call1")), text("Done.")],
    steps: [ask, idles(1), [found, rule], idles(2)],
    expected: [asked, found, RUNNING, rule, closing],
  },
);

/** Input queued before the session came to wait stays pending at the tail [obs]; the answer's pair comes first, then the input [inf]. */
export const queuedBeforeWait = story(
  "a message queued before a session waits for the client",
  "spec/core.md §4.3, §4.4, §4.6",
  {
    tools: CUSTOM,
    script: [held(calls(callLookup("@call1"))), text("Done.")],
    steps: [
      ...[ask, HELD, queued(one), RELEASE, idles(1)],
      ...[tail(waitsFor("@call1"), waiting(one)), stamped(found), idles(2)],
    ],
    expected: [asked, found, RUNNING, one, closing],
  },
);

/** Each event of a batch is judged in the state that the ones before it leave: the answer resolves, the message joins the turn [inf]. */
export const messageBehindAnswer = story("the last answer and a message in one batch", "spec/core.md §4.3, §4.6", {
  tools: CUSTOM,
  script: [calls(callLookup("@call1")), text("Done.")],
  steps: [ask, idles(1), [found, one], idles(2)],
  expected: [asked, found, RUNNING, one, closing],
});

/** What is answered keeps its answer, what is open gets an error, then the interrupt, then the idle group [obs]. */
export const stopBehindAnswer = story("an answer and an interrupt in one batch", "spec/core.md §4.5, §4.6", {
  tools: CUSTOM,
  script: [calls(callLookup("@call1"), callLookup("@call2"))],
  steps: [ask, idles(1), stamped(found, stop), idles(2)],
  expected: [
    [opening, request(custom("@call1"), custom("@call2")), waitsFor("@call1", "@call2")],
    [found, unanswered("@call2"), stop, END_TURN],
  ],
});

/** Synthesized results of both families in call order, then the interrupt, then the idle group [obs]. */
export const stopBesideCustom = story(
  "an interrupt while a sandbox call runs beside a custom call",
  "spec/core.md §4.5, §4.6",
  {
    tools: [...SANDBOX, ...CUSTOM],
    script: [calls(callLookup("@call1"), callBash("@tool2", "sleep 60"))],
    steps: [ask, until("span.model_request_end"), stop, idles(1)],
    expected: [
      [opening, request(custom("@call1"), bash("@tool2", "sleep 60"))],
      [unanswered("@call1"), fails("@tool2", "may have taken effect"), stop, END_TURN],
    ],
  },
);

/** From a wait too, the message of the same batch starts the next turn [doc]; the order after the idle group is [inf]. */
export const redirectFromWait = story(
  "an interrupt and another message while the session waits",
  "spec/core.md §4.5, §4.6",
  {
    tools: CUSTOM,
    script: [calls(callLookup("@call1")), text("Done.")],
    steps: [ask, idles(1), [stop, one], idles(3)],
    expected: [asked, unanswered("@call1"), stop, END_TURN, RUNNING, one, closing],
  },
);

/** The interrupt jumps ahead of the queue [doc]; what was queued and what came with it start the next turn, oldest first [inf]. */
export const redirectWithQueue = story(
  "an interrupt and another message ahead of a queued one",
  "spec/core.md §4.5, §4.6",
  {
    script: [held(text("Once upon")), text("Done.")],
    steps: [ask, HELD, queued(one), [stop, two], idles(2)],
    expected: [opening, FAILED, stop, END_TURN, RUNNING, one, two, closing],
  },
);

/** An answer that has begun and cannot end. */
const heldStory = { ...text("Once upon a time."), hold: 1 as const };
/** The cut request still gets its end, the previewed message never appears [doc]; span end before the interrupt [inf]. */
export const whileStreaming = story("an interrupt while the model streams", "spec/core.md §4.5, §4.7", {
  script: [heldStory],
  steps: [connect("agent.message"), ask, HELD, stop, idles(1)],
  expected: [opening, FAILED, stop, END_TURN],
  stream: [
    [opening, START, begins("@story", "agent.message"), delta("@story", "Once upon a time.")],
    [FAILED.slice(1), stop, END_TURN],
  ],
});

/** Results before the interrupt [obs]; the running call may have taken effect, the next one never ran (§4.5, our words). */
export const whileToolRuns = story("an interrupt while a tool runs", "spec/core.md §4.5", {
  tools: SANDBOX,
  script: [calls(callBash("@tool1", "touch started; sleep 60"), callBash("@tool2", "echo two"))],
  steps: [ask, until("span.model_request_end"), stop, idles(1)],
  expected: [
    [opening, request(bash("@tool1", "touch started; sleep 60"), bash("@tool2", "echo two"))],
    [fails("@tool1", "may have taken effect"), fails("@tool2", "before it ran"), stop, END_TURN],
  ],
});

/** Pending calls are settled with errors, idle end_turn [obs]; from idle to idle, so no running pair [inf]. */
export const whileWaiting = story("an interrupt while a confirmation is awaited", "spec/core.md §4.3, §4.5", {
  tools: ASKING,
  script: [calls(callBash("@tool1", "echo one"))],
  steps: [ask, idles(1), stop, idles(2)],
  expected: [
    [opening, request(bash("@tool1", "echo one", "ask")), waitsFor("@tool1")],
    [fails("@tool1", "before it ran"), stop, END_TURN],
  ],
});

/** The message of the same batch starts the next turn [doc]; the order after the idle group is [inf]. */
export const withRedirect = story("an interrupt and another message in one batch", "spec/core.md §4.5, §4.6", {
  script: [heldStory, text("Done.")],
  steps: [ask, HELD, [stop, one], idles(2)],
  expected: [opening, FAILED, stop, END_TURN, RUNNING, one, closing],
});

/** Jumps ahead of queued messages [doc], which then start the next turn [inf]. */
export const aheadOfQueue = story("an interrupt ahead of a queued message", "spec/core.md §4.5", {
  script: [heldStory, text("Done.")],
  steps: [ask, HELD, queued(one), stop, idles(2)],
  expected: [opening, FAILED, stop, END_TURN, RUNNING, one, closing],
});

/** Recorded with processed_at, no other effect [obs]. */
export const whenIdle = story("an interrupt on an idle session", "spec/core.md §4.3", {
  script: [text("Hello.")],
  steps: [ask, idles(1), stamped(stop), reads("idle")],
  expected: [opening, hello, END_TURN, stop],
});

/** The message has started its turn [doc], the interrupt stops it before the model is asked [inf]. */
export const behindItsMessage = story(
  "an interrupt in one batch behind the message that starts the turn",
  "spec/core.md §4.3, §4.5",
  { steps: [[ask, stop], idles(1)], expected: [opening, stop, END_TURN] },
);
