/** How a turn ends when the model's answer is no ordinary end, and what becomes of input that was waiting. */
import { expect, test } from "vitest";
import { MAX_SAME_FAILURES, MAX_TOOL_ROUNDS } from "../../src/brain/decide.ts";
import { endTurnWithError } from "../../src/brain/end-turn.ts";
import { CUT_TEXT } from "../../src/brain/prompt/context.ts";
import { MAX_ASKED_WAIT_MS } from "../../src/brain/response/fail.ts";
import { UNKNOWN_TEXT } from "../../src/hands/hand.ts";
import { END_TURN, error, fails, typesOf } from "../story/words.ts";
import { type Answer, OpenSession, text, use } from "../support/open-session.ts";

const pause = { blocks: [text("one moment")], stop: "pause_turn" };

async function settle(session: OpenSession): Promise<void> {
  while ((await session.run()) === "hop");
}

/** A session that was told to go, and has gone as far as it goes by itself. */
async function played(answers: Answer[]): Promise<OpenSession> {
  const session = new OpenSession(answers);
  session.say("go");
  await settle(session);
  return session;
}

test("a provider that pauses for ever ends the turn at the limit of rounds", async () => {
  const session = await played(Array.from({ length: 2 * MAX_TOOL_ROUNDS }, () => pause));
  expect(session.bodies).toHaveLength(MAX_TOOL_ROUNDS);
  expect(session.events("session.error")).toMatchObject([{ error: { type: "tool_use_limit_reached_error" } }]);
  expect(session.primary.status).toBe("idle");
});

test("a pause is followed by another request, and the turn ends like any other", async () => {
  const session = await played([pause, pause, { blocks: [text("done")] }]);
  expect(session.bodies).toHaveLength(3);
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  expect(session.events("session.error")).toEqual([]);
});

test("a message that came during a refused request starts the next turn", async () => {
  const session = new OpenSession([{ blocks: [text("no")], stop: "refusal" }, { blocks: [text("yes")] }]);
  session.say("first");
  const running = session.run();
  session.say("second");
  await running;
  expect(session.log.inbox).toEqual([]);
  expect(session.events("session.status_idle").map((event) => event.stop_reason)).toEqual([
    { type: "refusal" },
    { type: "end_turn" },
  ]);
  expect(session.types().filter((type) => type === "session.status_running")).toHaveLength(2);
});

test("a refusal with nothing waiting leaves the session idle", async () => {
  const session = await played([{ blocks: [text("no")], stop: "refusal" }]);
  expect(session.primary).toMatchObject({ status: "idle", stop: { type: "refusal" } });
  expect(session.bodies).toHaveLength(1);
});

test.each([
  [
    { category: "cyber", explanation: "Because." },
    { category: "cyber", explanation: "Because." },
  ],
  [
    { category: "of_a_later_provider", explanation: 7 },
    { category: null, explanation: null },
  ],
])("a refusal's details %j are told as %j", async (details, told) => {
  const session = await played([{ blocks: [text("no")], stop: "refusal", details }]);
  expect(session.events("session.status_idle")[0]?.stop_details).toEqual({ ...told, type: "refusal" });
});

test("a failure that is not tried again leaves one error, which says so", async () => {
  const session = await played([{ fails: "auth", refused: true }]);
  const statuses = session.events("session.error").map(({ error }) => (error as { retry_status: object }).retry_status);
  expect(statuses).toEqual([{ type: "exhausted" }]);
});

test.each([
  [undefined, 1_000],
  [7_000, 7_000],
  [20 * 60_000, 20 * 60_000],
  [MAX_ASKED_WAIT_MS, MAX_ASKED_WAIT_MS],
])("a provider that asks to wait %s ms is asked again after %i ms, never sooner", async (retryAfterMs, wait) => {
  const asks = retryAfterMs === undefined ? {} : { retryAfterMs };
  const session = await played([{ fails: "rate_limited", refused: true, ...asks }]);
  const [error] = session.rows().filter((row) => row.type === "session.error");
  expect(session.primary.status).toBe("rescheduling");
  expect((session.log.timers.retry ?? 0) - Math.floor((error?.ts ?? 0) / 1000)).toBe(wait);
});

test("a provider that asks to wait for more than an hour ends the turn, which says so", async () => {
  const session = await played([{ fails: "rate_limited", refused: true, retryAfterMs: MAX_ASKED_WAIT_MS + 1 }]);
  const [{ error }] = session.events("session.error") as unknown as [{ error: object }];
  expect(error).toMatchObject({
    type: "model_rate_limited_error",
    message: expect.stringMatching(/asks to wait 61 minutes.* an hour at most/),
    retry_status: { type: "exhausted" },
  });
  expect(session.primary).toMatchObject({ status: "idle", stop: { type: "retries_exhausted" } });
  expect(session.bodies).toHaveLength(1);
});

test("where a turn is given up the open calls get their results before the error", async () => {
  const session = await played([{ blocks: [use("write")] }]);
  const b = session.log.begin(session.ports.now());
  endTurnWithError(b.on(0), "unknown_error", "Given up.");
  const given = typesOf(fails("@call", ""), error("unknown_error", "exhausted"), END_TURN);
  expect(b.rows.map((row) => row.type)).toEqual(given);
});

test("an answer that waited for its turn is stamped before the open calls are settled", async () => {
  const session = await played([{ blocks: [use("ask_user"), use("ask_user")] }]);
  const [first, second] = session.events("agent.custom_tool_use").map((call) => call.id);
  const here = [{ type: "text", text: "here" }];
  session.post({ type: "user.custom_tool_result", body: { custom_tool_use_id: second }, content: here });
  expect(session.log.inbox).toHaveLength(1);
  const b = session.log.begin(session.ports.now());
  endTurnWithError(b.on(0), "unknown_error", "Given up.");
  const answered = b.rows
    .filter((row) => row.type.endsWith("tool_result"))
    .map((row) => [row.type, (JSON.parse(row.body) as { custom_tool_use_id?: string }).custom_tool_use_id]);
  expect(answered).toEqual([
    ["user.custom_tool_result", second],
    ["user.custom_tool_result", first],
  ]);
});

test.each([
  ["failing", true, MAX_SAME_FAILURES],
  ["working", false, MAX_SAME_FAILURES + 2],
])("the same call %s again and again is made so often", async (_, isError, times) => {
  const again = Array.from({ length: MAX_SAME_FAILURES + 2 }, () => ({ blocks: [use("bash", { command: "one" })] }));
  const session = new OpenSession([...again, { blocks: [text("done")] }]);
  session.result = async () => ({ content: [{ type: "text", text: "said" }], isError });
  session.say("first");
  await settle(session);
  expect(session.calls).toHaveLength(times);
  expect(session.events("session.error")).toHaveLength(isError ? 1 : 0);
});

const cut = (name: string) => ({ blocks: [{ ...use(name), partial: '{"pa' }], stop: "max_tokens" });

test("responses that are cut off in a single call, whatever its tool, end the turn, and the error says which limit it was", async () => {
  const tools = Array.from({ length: MAX_SAME_FAILURES + 1 }, (_, i) => ["bash", "write", "ask_user"][i % 3] ?? "");
  const session = await played(tools.map(cut));
  expect(session.bodies).toHaveLength(MAX_SAME_FAILURES);
  expect(session.calls).toEqual([]);
  const [error] = session.events("session.error").map((event) => event.error);
  expect(error).toMatchObject({
    type: "tool_use_limit_reached_error",
    message: expect.stringMatching(/in a row were cut off/),
  });
});

test("a call that runs between two that are cut off starts the count anew", async () => {
  const few = () => Array.from({ length: MAX_SAME_FAILURES - 1 }, () => cut("bash"));
  const session = await played([...few(), { blocks: [use("bash")] }, ...few(), { blocks: [text("done")] }]);
  expect(session.events("session.error")).toEqual([]);
});

test("a hand that fails leaves a result which says that the outcome is unknown", async () => {
  const session = new OpenSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  session.result = () => Promise.reject(new Error("the line is cut"));
  session.say("first");
  await settle(session);
  const unknown = { is_error: true, content: [{ type: "text", text: UNKNOWN_TEXT }] };
  expect(session.events("agent.tool_result")).toMatchObject([unknown]);
});

test("nothing of a response is shown once its request is over", async () => {
  const session = new OpenSession([{ blocks: [text("one"), text("two")] }]);
  const { preview } = session.ports;
  let over = false;
  session.ports.preview = (thread, piece) => {
    preview(thread, piece);
    if (!over) session.post({ type: "user.interrupt" });
    over = true;
  };
  session.say("first");
  await settle(session);
  expect(session.previews.length).toBeGreaterThan(0);
  expect(JSON.stringify(session.previews)).not.toContain("two");
});

test("what was waiting when the session terminates is stamped before the error", async () => {
  const session = new OpenSession([{ fails: "context", refused: true }]);
  session.say("first");
  const running = session.run();
  session.say("second");
  await running;
  expect(session.log.inbox).toEqual([]);
  expect(session.types().slice(-4)).toEqual([
    "span.model_request_end",
    "user.message",
    "session.error",
    "session.status_terminated",
  ]);
});

test("a session that terminates sets no timer, and the catalog is to hear of it", async () => {
  const session = await played([{ fails: "context", refused: true }]);
  expect(session.primary.status).toBe("terminated");
  expect(session.log.timers).toEqual({});
  expect(session.log.outbox.map(({ kind }) => kind)).toEqual(["index"]);
});

test("a session that waits to ask again has no watchdog", async () => {
  const session = await played([{ fails: "overloaded", refused: true }]);
  expect(session.primary.status).toBe("rescheduling");
  expect(Object.keys(session.log.timers)).toEqual(["retry"]);
  expect(session.log.outbox.map(({ kind }) => kind)).toEqual(["index"]);
});

test("each call that is not run says why", async () => {
  const session = await played([
    { blocks: [{ ...use("bash"), partial: '{"comm' }], stop: "max_tokens" },
    { blocks: [use("nothing_like_it")] },
    { blocks: [use("write")] },
    { blocks: [use("write")] },
    { blocks: [text("done")] },
  ]);
  for (const deny_message of [undefined, "not today"]) {
    const [call] = session.primary.calls;
    session.post({ type: "user.tool_confirmation", body: { tool_use_id: call?.id, result: "deny", deny_message } });
    await settle(session);
  }
  const said = session.events("agent.tool_result").map((event) => (event.content as { text: string }[])[0]?.text);
  expect(said).toEqual([
    CUT_TEXT,
    "There is no tool named nothing_like_it in this session.",
    "The user rejected this call.",
    "The user rejected this call: not today",
  ]);
});

test("a clock that goes back does not keep the catalog waiting for a timer of the future", async () => {
  const session = new OpenSession([{ blocks: [text("done")] }]);
  session.micros += 3_600e6;
  session.say("hi");
  session.micros -= 3_600e6;
  const back = session.micros / 1000;
  await settle(session);
  expect(session.primary.status).toBe("idle");
  expect(session.log.outbox[0]?.due).toBeLessThan(back + 2_000);
  expect(session.alarm).toBe(session.log.outbox[0]?.due);
});

test("a turn that is ended in the pause before a retry reads what waits as a session that runs", async () => {
  const session = new OpenSession([{ fails: "overloaded", refused: true }]);
  session.say("first");
  await session.run();
  expect(session.primary.status).toBe("rescheduling");
  session.say("second");
  const b = session.log.begin(session.ports.now());
  endTurnWithError(b.on(0), "unknown_error", "stopped");
  session.ports.commit(b);
  const types = session.types();
  expect(types.slice(types.indexOf("session.status_rescheduled"))).toEqual([
    "session.status_rescheduled",
    "session.thread_status_rescheduled",
    "session.status_running",
    "session.thread_status_running",
    "session.error",
    "user.message",
    "session.thread_status_idle",
    "session.usage",
    "session.status_idle",
  ]);
});
