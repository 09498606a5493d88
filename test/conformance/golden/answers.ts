/** Calls that wait for the client: those that ask first, and those that it runs. Marks as in turns.ts. */
import {
  ASKING,
  allow,
  answer,
  BASH_ASKS,
  bash,
  CUSTOM,
  callBash,
  callLookup,
  calls,
  custom,
  cut,
  deny,
  END_TURN,
  fails,
  gives,
  idles,
  interrupt,
  message,
  queued,
  RUNNING,
  refused,
  request,
  SANDBOX,
  says,
  stamped,
  story,
  tail,
  text,
  unanswered,
  until,
  waiting,
  waitsFor,
} from "../../story/words.ts";

const shell = message("@ask", "Use the shell.");
const ask = message("@ask", "Look it up.");
const asks = (id: `@${string}`, command: string) => bash(id, command, "ask");
const closing = [request(says("Done.")), END_TURN];
const stop = interrupt("@stop");
const nothing = { status: 400, type: "invalid_request_error" };

const allowed = allow("@yes", "@tool1");
const echo = asks("@tool1", "echo hello");
/** The confirmation stands before the running pair that it causes, then the result [obs]. */
export const allowOne = story("always_ask, allowed", "spec/core.md §4.4, §4.6", {
  tools: ASKING,
  script: [calls(callBash("@tool1", "echo hello")), text("Done.")],
  steps: [shell, idles(1), stamped(allowed), idles(2)],
  expected: [
    [RUNNING, shell, request(echo), waitsFor("@tool1"), allowed],
    [RUNNING, gives("@tool1", "hello"), closing],
  ],
});

const denied = deny("@no", "@tool1", "Not on a Sunday.");
/** Not run; the model gets an error result with the message [doc]; its wording is ours [inf]. */
export const denyOne = story("always_ask, denied with a message", "spec/core.md §4.4, §4.6", {
  tools: ASKING,
  script: [calls(callBash("@tool1", "echo hello")), text("Done.")],
  steps: [shell, idles(1), stamped(denied), idles(2)],
  expected: [
    [RUNNING, shell, request(echo), waitsFor("@tool1"), denied],
    [RUNNING, fails("@tool1", "Not on a Sunday."), closing],
  ],
});

const second = allow("@yes", "@tool2");
const writes = {
  type: "tool_use",
  as: "@tool1",
  name: "write",
  input: { file_path: "a.txt", content: "alpha" },
} as const;
const written = { type: "agent.tool_use", id: "@tool1", name: "write", evaluated_permission: "allow" } as const;
/** The whole batch waits, only the asking call is listed and can be confirmed, results come in call order [obs]. */
export const mixed = story("one call that asks beside one that does not", "spec/core.md §4.4", {
  tools: BASH_ASKS,
  script: [calls(writes, callBash("@tool2", "cat a.txt")), text("Done.")],
  steps: [shell, idles(1), refused(allow("@wrong", "@tool1"), nothing), second, idles(2)],
  expected: [
    [RUNNING, shell, request(written, asks("@tool2", "cat a.txt")), waitsFor("@tool2"), second],
    [RUNNING, { type: "agent.tool_result", tool_use_id: "@tool1" }, gives("@tool2", "alpha"), closing],
  ],
});

const first = allow("@first", "@tool1");
const then = allow("@then", "@tool2");
const twoAsks = calls(callBash("@tool1", "echo one"), callBash("@tool2", "echo two"));
const asksTwice = [RUNNING, shell, request(asks("@tool1", "echo one"), asks("@tool2", "echo two"))];
const ranTwice = [RUNNING, gives("@tool1", "one"), gives("@tool2", "two"), closing];
/** A subset keeps the session idle and idle is emitted again with the rest [obs]; with its whole group, since usage precedes every idle [doc]. */
export const oneByOne = story("two asks answered one by one", "spec/core.md §4.4, §4.10", {
  tools: ASKING,
  script: [twoAsks, text("Done.")],
  steps: [shell, idles(1), first, idles(2), then, idles(3)],
  expected: [asksTwice, waitsFor("@tool1", "@tool2"), first, waitsFor("@tool2"), then, ranTwice],
});

/** The later reply stays at the tail, both ids stay advertised [obs]; nothing is emitted for it, and both are taken in one go [inf]. */
export const outOfOrder = story("two asks answered out of order", "spec/core.md §4.4", {
  tools: ASKING,
  script: [twoAsks, text("Done.")],
  steps: [shell, idles(1), queued(then), tail(waitsFor("@tool1", "@tool2"), waiting(then)), first, idles(2)],
  expected: [asksTwice, waitsFor("@tool1", "@tool2"), first, then, ranTwice],
});

/** A message while waiting, an answer to nothing and a second answer are 400s and leave no trace [obs]. */
export const refusedWhileWaiting = story("what a waiting session refuses", "spec/core.md §4.3, §4.4, §12", {
  tools: ASKING,
  script: [twoAsks],
  steps: [
    ...[shell, idles(1), refused(message("@late", "Hurry."), nothing), refused(allow("@lost", "@ask"), nothing)],
    ...[first, idles(2), refused(allow("@twice", "@tool1"), nothing), stop, idles(3)],
  ],
  expected: [
    [asksTwice, waitsFor("@tool1", "@tool2"), first, waitsFor("@tool2")],
    [fails("@tool1", "before it ran"), fails("@tool2", "before it ran"), stop, END_TURN],
  ],
});

const found = answer("@found", "@call1", "A kind of plum.");
/** The result stands before the running pair that it causes [obs]; it is the call's only result. */
export const answered = story("a custom call, answered", "spec/core.md §4.4, §4.6", {
  tools: CUSTOM,
  script: [calls(callLookup("@call1", { word: "sloe" })), text("Done.")],
  steps: [ask, idles(1), stamped(found), idles(2)],
  expected: [RUNNING, ask, request(custom("@call1", { word: "sloe" })), waitsFor("@call1"), found, RUNNING, closing],
});

const early = answer("@early", "@call2", "A kind of plum.");
/** Accepted while running, before any idle [obs]: stamped on receipt [doc], so before the slower sandbox result; no idle follows [inf]. */
export const answeredWhileRunning = story("a custom call answered while a sandbox call runs", "spec/core.md §4.3", {
  tools: [...SANDBOX, ...CUSTOM],
  script: [calls(callBash("@tool1", "sleep 3; echo slow"), callLookup("@call2")), text("Done.")],
  steps: [ask, until("agent.custom_tool_use"), stamped(early), idles(1)],
  expected: [
    [RUNNING, ask, request(bash("@tool1", "sleep 3; echo slow"), custom("@call2")), early],
    [gives("@tool1", "slow"), closing],
  ],
});

/** No ask in the batch: the sandbox call runs first, then the session waits for the client [inf]. */
export const besideSandbox = story("a custom call beside a sandbox call", "spec/core.md §4.4", {
  tools: [...SANDBOX, ...CUSTOM],
  script: [calls(callLookup("@call1"), callBash("@tool2", "echo two")), text("Done.")],
  steps: [ask, idles(1), found, idles(2)],
  expected: [
    [RUNNING, ask, request(custom("@call1"), bash("@tool2", "echo two")), gives("@tool2", "two")],
    [waitsFor("@call1"), found, RUNNING, closing],
  ],
});

/** An ask beside a custom call: both are listed in call order [obs], nothing runs before both are answered [inf]. */
export const besideAsk = story("a custom call beside an ask", "spec/core.md §4.4", {
  tools: [...ASKING, ...CUSTOM],
  script: [calls(callBash("@tool1", "echo one"), callLookup("@call2")), text("Done.")],
  steps: [ask, idles(1), [allowed, early], idles(2)],
  expected: [
    [RUNNING, ask, request(asks("@tool1", "echo one"), custom("@call2")), waitsFor("@tool1", "@call2")],
    [allowed, early, RUNNING, gives("@tool1", "one"), closing],
  ],
});

/** Open calls get an error result before the interrupt [obs]; for a custom call the server writes it as user.custom_tool_result [inf]. */
export const interrupted = story("an interrupt while a custom call and an ask wait", "spec/core.md §4.3, §4.5", {
  tools: [...ASKING, ...CUSTOM],
  script: [calls(callLookup("@call1"), callBash("@tool2", "echo two"))],
  steps: [ask, idles(1), stop, idles(2)],
  expected: [
    [RUNNING, ask, request(custom("@call1"), asks("@tool2", "echo two")), waitsFor("@call1", "@tool2")],
    [unanswered("@call1"), fails("@tool2", "before it ran"), stop, END_TURN],
  ],
});

/** A custom call cut short is settled inside and never shown, since clients run such calls on sight [inf]; it is a tool turn all the same [inf]. */
export const cutCustom = story("max_tokens in the middle of a custom call", "spec/core.md §4.6", {
  tools: CUSTOM,
  script: [
    cut({ type: "text", text: "Let me look." }, { type: "tool_use_cut", name: "lookup", partial: '{"word":"slo' }),
    text("Done."),
  ],
  steps: [ask, idles(1)],
  expected: [RUNNING, ask, request(says("Let me look.")), closing],
});
