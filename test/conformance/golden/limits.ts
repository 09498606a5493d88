/**
 * Turns in which a model request fails or too many were made, sessions with a spend ceiling, and changes of a session. Marks as in turns.ts. Opus
 * 5.5 is asked: 20 USD per million tokens of output, so 500 of them are one cent.
 */
import type { Expected, ModelAnswer } from "../../story/format.ts";
import {
  ASKING,
  allow,
  answer,
  bash,
  CUSTOM,
  callBash,
  callLookup,
  calls,
  custom,
  END_TURN,
  EXHAUSTED,
  error,
  FAILED,
  fails,
  gives,
  HELD,
  held,
  idle,
  idles,
  interrupt,
  message,
  queued,
  RELEASE,
  RESCHEDULED,
  RUNNING,
  reads,
  refused,
  refuses,
  repeats,
  request,
  SANDBOX,
  says,
  stamped,
  story,
  THINKING,
  tail,
  text,
  until,
  update,
  updated,
  waiting,
  waitsFor,
} from "../../story/words.ts";

const hello = message("@hello", "Say hello.");
const more = message("@more", "Are you there?");
const opening = [RUNNING, hello];
const greeting = [request(says("Hello.")), END_TURN];
const overloaded = refuses(529, "overloaded_error");
const retrying = [FAILED, error("model_overloaded_error", "retrying"), RESCHEDULED, RUNNING];

/**
 * Error plus rescheduled pair, then running again [doc]. Inferred: the failed span's end comes first, the error next, session before
 * thread in the pair (as for running), and a fresh running pair before the repeated request.
 */
export const overloadedOnce = story("529, then success", "spec/core.md §4.8", {
  script: [overloaded, text("Hello.")],
  steps: [hello, idles(1)],
  expected: [opening, retrying, greeting],
});

/** A body that ends without message_stop is a failed request: no agent.message from it (spec/messages.md §11). The order as above. */
export const cutStream = story("a stream cut in the middle, then success", "spec/core.md §4.8; spec/messages.md §11", {
  script: [{ ...text("Hel"), error: "cut_stream" }, text("Hello.")],
  steps: [hello, idles(1)],
  expected: [opening, FAILED, error("model_request_failed_error", "retrying"), RESCHEDULED, RUNNING, greeting],
});

/**
 * `retrying` may repeat, then one `exhausted`, then idle with retries_exhausted [sdk]; the number of attempts is not public. Two rules meet
 * here: a queued message is folded at the next model request (§4.3), and a repeated request sends the bytes of the first (reliability.md C5,
 * I9). A repeated attempt is the same request, so the message waits and is flushed before the idle group (§4.8) [inf].
 */
export const exhausted = story("retries exhausted, with a message queued", "spec/core.md §4.8", {
  script: [held(overloaded), { ...overloaded, repeat: true }],
  steps: [hello, HELD, queued(more), RELEASE, idles(1), reads("idle")],
  expected: [
    [opening, retrying, repeats(1, retrying)],
    [FAILED, error("model_overloaded_error", "exhausted"), more, EXHAUSTED],
  ],
});

const third = message("@third", "And now?");
/**
 * Authentication, billing and invalid-request errors end the turn at once (shared design §4): exhausted, queued input flushed, idle with
 * retries_exhausted [sdk]; flushed means stamped before the idle group [inf]. The next message starts a new turn [sdk].
 */
export const notRetried = story(
  "a model error that is not retried, and a message queued behind it",
  "spec/core.md §4.8",
  {
    script: [held(refuses(401, "authentication_error")), text("Hello.")],
    steps: [hello, HELD, queued(more), RELEASE, idles(1), third, idles(2)],
    expected: [
      [opening, FAILED, error("model_request_failed_error", "exhausted"), more, EXHAUSTED],
      [RUNNING, third, greeting],
    ],
  },
);

const nothing = { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
const [overflowStart, overflowEnd] = FAILED as [Expected, Expected];
/** All of it [obs]: no retry, no usage event, no stop reason; then the session takes nothing more (§12). */
export const overflow = story("context overflow", "spec/core.md §4.6, §12", {
  script: [refuses(400, "invalid_request_error", "prompt is too long: 1000001 tokens > 1000000 maximum")],
  steps: [
    ...[hello, until("session.status_terminated"), reads("terminated")],
    refused(more, { status: 409, type: "invalid_request_error" }),
  ],
  expected: [
    [opening, overflowStart, { ...overflowEnd, model_usage: { includes: nothing } }],
    [error("unknown_error", "terminal"), { type: "session.status_terminated" }],
  ],
});

const round = { type: "tool_use", name: "bash", input: { command: "echo round" } } as const;
/** The loop stops between rounds with its own error, exhausted, retries_exhausted [sdk]; the last round is whole [inf]; the limit is not public. */
export const toolRounds = story("the limit of tool rounds", "spec/core.md §4.8, §9", {
  tools: SANDBOX,
  script: [{ ...calls(round), repeat: true }],
  steps: [hello, idles(1)],
  expected: [
    opening,
    repeats(2, [request(bash("@tool", "echo round")), { type: "agent.tool_result", tool_use_id: "@tool" }]),
    [error("tool_use_limit_reached_error", "exhausted"), EXHAUSTED],
  ],
});

const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const;
const ONE_CENT = { budget: limit("1") };
/** The answer with so much output that a cap of a few cents is passed. */
const dear = (one: ModelAnswer): ModelAnswer => ({ ...one, usage: { output_tokens: 2_000 } });
const cheap = (one: ModelAnswer): ModelAnswer => ({ ...one, usage: { output_tokens: 1 } });

/** The usage event names the cap [sdk]; the thread says why it stopped itself, the session says `budget_reached` [doc]. */
function halts(thread: "budget_reached" | "end_turn", budget = ONE_CENT.budget): Expected[] {
  const [first, usage, last] = idle({ type: thread }) as [Expected, Expected, Expected];
  return [first, { ...usage, budget }, { ...last, stop_reason: { type: "budget_reached" } }];
}
const capped = (lines: Expected[], budget: ReturnType<typeof limit> | null): Expected[] =>
  lines.map((line) => (line.type === "session.usage" ? { ...line, budget } : line));
const raise = (amount: string, code?: string) =>
  update({ budget: limit(amount) }, code === undefined ? undefined : { ...bad, code });
const raised = updated({ budget: limit("100") });
const bad = { status: 400, type: "invalid_request_error" };
const done = request(says("Done."));
const yes = [RUNNING, more, request(says("Yes.")), capped(END_TURN, limit("100"))];
const callsHello = dear(calls(callBash("@tool1", "echo hello")));
const toPause = [opening, request(bash("@tool1", "echo hello")), gives("@tool1", "hello"), halts("budget_reached")];

/** The crossing request finishes; its turn is over, so the thread's reason is its own [doc]. Message 400, interrupt accepted and not listed [doc]. */
export const crossedAtTheEnd = story("a budget crossed by the last request of a turn", "spec/core.md §4.3, §4.11", {
  ...ONE_CENT,
  script: [dear(text("Hello.")), cheap(text("Yes."))],
  steps: [hello, idles(1), refused(more, bad), interrupt("@unseen"), raise("100"), more, idles(2)],
  expected: [opening, request(says("Hello.")), halts("end_turn"), raised, yes],
});

/** Checked before each request: the call of the crossing response runs, then the thread pauses; a raise alone lets it go on [doc]. */
export const pausedAndRaised = story(
  "a budget reached in the middle of a turn, then raised",
  "spec/core.md §4.6, §4.11",
  {
    tools: SANDBOX,
    ...ONE_CENT,
    script: [callsHello, cheap(text("Done."))],
    steps: [hello, idles(1), raise("2", "budget_not_raised"), raise("100"), idles(2)],
    expected: [toPause, raised, RUNNING, done, capped(END_TURN, limit("100"))],
  },
);

/** Null removes it for good: the work goes on, and another budget is refused [doc]. */
export const pausedAndRemoved = story("a budget reached in the middle of a turn, then removed", "spec/core.md §4.11", {
  tools: SANDBOX,
  ...ONE_CENT,
  script: [callsHello, dear(text("Done."))],
  steps: [hello, idles(1), update({ budget: null }), idles(2), raise("900", "budget_create_only")],
  expected: [toPause, updated({ budget: null }), RUNNING, done, capped(END_TURN, null)],
});

const allowed = allow("@yes", "@tool1");
const asks = [opening, request(bash("@tool1", "echo hello", "ask")), capped(waitsFor("@tool1"), ONE_CENT.budget)];
/** A pending ask outranks the cap; the confirmation is recorded, the call runs, and no request is made [doc]. */
export const askOutranks = story("an ask while the budget is reached", "spec/core.md §4.3, §4.11", {
  tools: ASKING,
  ...ONE_CENT,
  script: [callsHello, cheap(text("Done."))],
  steps: [hello, idles(1), stamped(allowed), idles(2), raise("100"), idles(3)],
  expected: [
    [asks, allowed, RUNNING, gives("@tool1", "hello"), halts("budget_reached")],
    [raised, RUNNING, done, capped(END_TURN, limit("100"))],
  ],
});

const stop = interrupt("@stop");
/** The interrupt settles the ask; what is left is a session at its cap [inf]. */
export const askInterrupted = story(
  "an ask interrupted while the budget is reached",
  "spec/core.md §4.3, §4.5, §4.11",
  {
    tools: ASKING,
    ...ONE_CENT,
    script: [callsHello],
    steps: [hello, idles(1), stop, idles(2), refused(more, bad)],
    expected: [asks, fails("@tool1", "before it ran"), stop, halts("end_turn")],
  },
);

/** What was queued waits on for the request that it cannot get yet, and is stamped right before it [inf]. */
export const queuedWhenReached = story("a message queued when the budget is reached", "spec/core.md §4.3, §4.11", {
  ...ONE_CENT,
  script: [held(dear(text("Hello."))), cheap(text("Yes."))],
  steps: [
    ...[hello, HELD, queued(more), RELEASE, idles(1), tail(halts("budget_reached"), waiting(more))],
    ...[raise("100"), idles(2)],
  ],
  expected: [opening, request(says("Hello.")), halts("budget_reached"), raised, yes],
});

/** Only what changed is told, metadata as the full bag; an update that changes nothing leaves no event [sdk]. */
export const titleAndMetadata = story("title and metadata changed while idle and while running", "spec/core.md §4.9", {
  script: [held(text("Hello."))],
  steps: [
    update({ title: "Greeting", metadata: { a: "1", b: "2" } }),
    update({}),
    update({ title: "Greeting", metadata: { b: "2", c: null } }),
    ...[hello, HELD, update({ metadata: { a: null, c: "3" } }), update({ agent: { tools: [] } }, bad), RELEASE],
    ...[idles(1), update({ title: null })],
  ],
  expected: [
    updated({ title: "Greeting", metadata: { a: "1", b: "2" } }),
    [opening, request(updated({ metadata: { b: "2", c: "3" } }), says("Hello.")), END_TURN, updated({ title: null })],
  ],
});

const found = answer("@found", "@tool2", "a greeting");
/**
 * The new list holds from the next turn [doc]. A model that still calls a tool that is gone gets the error that any unknown name gets; what it
 * was told first stays, and thinking stays valid (the strict server checks both). The update tells the whole agent, which a contract test compares.
 */
export const otherTools = story("other tools from the next turn on", "spec/core.md §4.9; spec/messages.md §5, §6", {
  tools: SANDBOX,
  script: [
    { ...text("Hello."), blocks: [{ type: "thinking" }, { type: "text", text: "Hello." }] },
    calls({ type: "thinking" }, callBash("@tool1", "echo hello")),
    calls(callLookup("@tool2", { word: "hello" })),
    text("Done."),
  ],
  steps: [hello, idles(1), update({ agent: { tools: CUSTOM } }), more, idles(2), found, idles(3)],
  expected: [
    [opening, request(THINKING, says("Hello.")), END_TURN, updated()],
    [
      RUNNING,
      more,
      request(THINKING, { type: "agent.tool_use", id: "@tool1", name: "bash", evaluated_permission: "deny" }),
    ],
    [fails("@tool1", "no tool named bash"), request(custom("@tool2", { word: "hello" })), waitsFor("@tool2")],
    [found, RUNNING, done, END_TURN],
  ],
});
