/** Sessions with a spend ceiling. Marks as in text.ts. Opus 5.5 is asked: 20 USD per million tokens of output, so 500 of them are one cent. */
import type { Expected, ModelAnswer, Scenario, Step } from "./format.ts";
import {
  ASKING,
  allow,
  bash,
  CREATE,
  callBash,
  calls,
  END_TURN,
  end,
  fails,
  gives,
  idle,
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
} from "./lines.ts";

const hello = userMessage("@hello", "Say hello.");
const more = userMessage("@more", "Are you there?");
const opening = [...RUNNING, logged(hello), start("@span1")];
const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const;
const ONE_CENT = { budget: limit("1") };
/** The answer with so much output that a cap of a few cents is passed. */
const dear = (answer: ModelAnswer): ModelAnswer => ({ ...answer, usage: { output_tokens: 2_000 } });
const cheap = (answer: ModelAnswer): ModelAnswer => ({ ...answer, usage: { output_tokens: 1 } });

/** The usage event names the cap [sdk]; the thread says why it stopped itself, the session says `budget_reached` [doc]. */
function halts(thread: "budget_reached" | "end_turn", budget = ONE_CENT.budget): Expected[] {
  const [first, usage, last] = idle({ type: thread }) as [Expected, Expected, Expected];
  return [first, { ...usage, budget }, { ...last, stop_reason: { type: "budget_reached" } }];
}
const capped = (lines: Expected[], budget: ReturnType<typeof limit> | null): Expected[] =>
  lines.map((line) => (line.type === "session.usage" ? { ...line, budget } : line));
const raise = (amount: string): Step => ({ do: "update", params: { budget: limit(amount) } });
const raised = (amount: string): Expected => ({ type: "session.updated", budget: limit(amount) });
const bad = { status: 400, type: "invalid_request_error" };
const coded = (code: string) => ({ ...bad, code });

/** The crossing request finishes; its turn is over, so the thread's reason is its own [doc]. Message 400, interrupt accepted and not listed [doc]. */
export const crossedAtTheEnd: Scenario = {
  name: "a budget crossed by the last request of a turn",
  source: "spec/core.md §4.3, §4.11",
  agent: { tools: [], ...ONE_CENT },
  script: [dear(text("Hello.")), cheap(text("Yes."))],
  steps: [
    CREATE,
    send(hello),
    idles(1),
    { do: "send", events: [more], refused: bad },
    send(interrupt("@unseen")),
    raise("100"),
    send(more),
    idles(2),
  ],
  expected: [
    ...opening,
    says("Hello."),
    end("@span1"),
    ...halts("end_turn"),
    raised("100"),
    ...RUNNING,
    logged(more),
    start("@span2"),
    says("Yes."),
    end("@span2"),
    ...capped(END_TURN, limit("100")),
  ],
};

/** Checked before each request: the call of the crossing response runs, then the thread pauses; a raise alone lets it go on [doc]. */
export const pausedAndRaised: Scenario = {
  name: "a budget reached in the middle of a turn, then raised",
  source: "spec/core.md §4.6, §4.11",
  agent: { tools: SANDBOX, ...ONE_CENT },
  script: [dear(calls(callBash("@tool1", "echo hello"))), cheap(text("Done."))],
  steps: [
    CREATE,
    send(hello),
    idles(1),
    { ...raise("2"), refused: coded("budget_not_raised") } as Step,
    raise("100"),
    idles(2),
  ],
  expected: [
    ...opening,
    bash("@tool1", "echo hello"),
    end("@span1"),
    gives("@tool1", "hello"),
    ...halts("budget_reached"),
    raised("100"),
    ...RUNNING,
    start("@span2"),
    says("Done."),
    end("@span2"),
    ...capped(END_TURN, limit("100")),
  ],
};

/** Null removes it for good: the work goes on, and another budget is refused [doc]. */
export const pausedAndRemoved: Scenario = {
  name: "a budget reached in the middle of a turn, then removed",
  source: "spec/core.md §4.11",
  agent: { tools: SANDBOX, ...ONE_CENT },
  script: [dear(calls(callBash("@tool1", "echo hello"))), dear(text("Done."))],
  steps: [
    CREATE,
    send(hello),
    idles(1),
    { do: "update", params: { budget: null } },
    idles(2),
    { ...raise("900"), refused: coded("budget_create_only") } as Step,
  ],
  expected: [
    ...opening,
    bash("@tool1", "echo hello"),
    end("@span1"),
    gives("@tool1", "hello"),
    ...halts("budget_reached"),
    { type: "session.updated", budget: null },
    ...RUNNING,
    start("@span2"),
    says("Done."),
    end("@span2"),
    ...capped(END_TURN, null),
  ],
};

const yes = allow("@yes", "@tool1");
/** A pending ask outranks the cap; the confirmation is recorded, the call runs, and no request is made [doc]. */
export const askOutranks: Scenario = {
  name: "an ask while the budget is reached",
  source: "spec/core.md §4.3, §4.11",
  agent: { tools: ASKING, ...ONE_CENT },
  script: [dear(calls(callBash("@tool1", "echo hello"))), cheap(text("Done."))],
  steps: [
    CREATE,
    send(hello),
    idles(1),
    { do: "send", events: [yes], echo: ["stamped"] },
    idles(2),
    raise("100"),
    idles(3),
  ],
  expected: [
    ...opening,
    bash("@tool1", "echo hello", "ask"),
    end("@span1"),
    ...capped(idle({ type: "requires_action", event_ids: ["@tool1"] }), ONE_CENT.budget),
    logged(yes),
    ...RUNNING,
    gives("@tool1", "hello"),
    ...halts("budget_reached"),
    raised("100"),
    ...RUNNING,
    start("@span2"),
    says("Done."),
    end("@span2"),
    ...capped(END_TURN, limit("100")),
  ],
};

const stop = interrupt("@stop");
/** The interrupt settles the ask; what is left is a session at its cap [inf]. */
export const askInterrupted: Scenario = {
  name: "an ask interrupted while the budget is reached",
  source: "spec/core.md §4.3, §4.5, §4.11",
  agent: { tools: ASKING, ...ONE_CENT },
  script: [dear(calls(callBash("@tool1", "echo hello")))],
  steps: [CREATE, send(hello), idles(1), send(stop), idles(2), { do: "send", events: [more], refused: bad }],
  expected: [
    ...opening,
    bash("@tool1", "echo hello", "ask"),
    end("@span1"),
    ...capped(idle({ type: "requires_action", event_ids: ["@tool1"] }), ONE_CENT.budget),
    fails("@tool1", "before it ran"),
    logged(stop),
    ...halts("end_turn"),
  ],
};

/** What was queued waits on for the request that it cannot get yet, and is stamped right before it [inf]. */
export const queuedWhenReached: Scenario = {
  name: "a message queued when the budget is reached",
  source: "spec/core.md §4.3, §4.11",
  agent: { tools: [], ...ONE_CENT },
  script: [{ ...dear(text("Hello.")), hold: "start" }, cheap(text("Yes."))],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    { do: "send", events: [more], echo: ["pending"] },
    { do: "release" },
    idles(1),
    { do: "expect_tail", lines: [...halts("budget_reached"), { ...logged(more), pending: true }] },
    raise("100"),
    idles(2),
  ],
  expected: [
    ...opening,
    says("Hello."),
    end("@span1"),
    ...halts("budget_reached"),
    raised("100"),
    ...RUNNING,
    logged(more),
    start("@span2"),
    says("Yes."),
    end("@span2"),
    ...capped(END_TURN, limit("100")),
  ],
};
