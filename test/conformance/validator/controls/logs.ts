/** Controls of the order rules: a golden log, and the same log with lines moved, lost or changed. */
import { allow, END_TURN, failed, gives, logged, message, RUNNING, says, start } from "../../../story/words.ts";
import * as answers from "../../golden/answers.ts";
import { idOf } from "../../golden/expand.ts";
import * as limits from "../../golden/limits.ts";
import * as queue from "../../golden/queue.ts";
import * as turns from "../../golden/turns.ts";
import { type Control, change, drop, insert, log, logField, move } from "./control.ts";

// The lines of the scenarios used here, by place:
// plainText      0-1 running, 2 message, 3 start, 4 thinking, 5 says, 6 end, 7-9 idle
// twoCalls       0-1 running, 2 message, 3 start, 4-5 calls, 6 end, 7-8 results, 9 start, 10 says, 11 end, 12-14 idle
// allowOne, denyOne  4 ask, 5 end, 6-8 idle, 9 answer, 10-11 running, 12 result …
// oneByOne       3 start, 4-5 asks, 6 end, 7-9 idle, 10 first, 11-13 idle, 14 then, 15-16 running, 17-18 results, 19 start …
// mixed          4 write, 5 asks, 6 end, 7-9 idle, 10 yes, 11-12 running, 13-14 results
// overloadedOnce 3 start, 4 failed, 5 error, 6-7 rescheduled, 8-9 running, 10 start …
// notRetried     3 start, 4 failed, 5 error, 6 message, 7-9 idle …
// crossedAtTheEnd 3 start, 4 says, 5 end, 6-8 idle, 9 updated, 10-11 running …
// pausedAndRaised 3 start, 4 call, 5 end, 6 result, 7-9 idle, 10 updated, 11-12 running …
// askOutranks    3 start, 4 ask, 5 end, 6-8 idle …
// overflow       3 start, 4 failed, 5 error, 6 terminated
// behindItsMessage 0-1 running, 2 message, 3 interrupt, 4-6 idle
// whileToolRuns  3 start, 4-5 calls, 6 end, 7-8 results, 9 interrupt, 10-12 idle
const late = logged(message("@late", "One more."));
const REQUIRES = { type: "requires_action" };

export const LOG_CONTROLS: Control[] = [
  logField("log.unique-ids", "an id twice", turns.plainText, "/5/id", idOf("@thought")),
  logField("log.stamps-rise", "two stamps alike", turns.plainText, "/5/processed_at", "2026-11-22T10:00:00.000003Z"),
  log("log.pending-tail", "a pending message in the middle", queue.severalQueued, (l) =>
    change(l, 6, { pending: true }),
  ),
  log("log.pending-tail", "a pending agent event", turns.plainText, (l) => change(l, 9, { pending: true })),
  log("log.one-thread", "another agent's name", turns.plainText, (l) => change(l, 7, { agent_name: "other" })),

  log("log.running-pair", "thread before session", turns.plainText, (l) => move(l, 0, 1)),
  log("log.running-pair", "no thread event", turns.plainText, (l) => drop(l, 1)),
  log("log.running-once", "a second pair before the second request", turns.twoCalls, (l) => insert(l, 9, ...RUNNING)),
  log("log.idle-group", "session before thread", turns.plainText, (l) => move(l, 9, 7)),
  log("log.idle-group", "no usage", turns.plainText, (l) => drop(l, 8)),
  log("log.idle-group", "two stop reasons", turns.plainText, (l) =>
    change(l, 9, { stop_reason: { type: "retries_exhausted" } }),
  ),
  log("log.idle-cause", "idle after results, without a request that reads them", turns.twoCalls, (l) =>
    drop(l, 9, 10, 11),
  ),
  log("log.idle-cause", "idle twice", turns.plainText, (l) => [...l, ...END_TURN]),
  log("log.idle-cause", "end_turn after a failed request", turns.plainText, (l) =>
    change(drop(l, 4, 5), 4, { is_error: true }),
  ),
  log("log.rescheduled-pair", "no thread event", limits.overloadedOnce, (l) => drop(l, 7)),
  log("log.rescheduled-pair", "no error before", limits.overloadedOnce, (l) => drop(l, 5)),
  log("log.retry-order", "the error before the span's end", limits.overloadedOnce, (l) => move(l, 5, 4)),
  log("log.retry-order", "no rescheduled pair", limits.overloadedOnce, (l) => drop(l, 6, 7)),
  log("log.exhausted-order", "no idle group", limits.notRetried, (l) => drop(l, 6, 7, 8, 9)),
  log("log.terminal-order", "no terminated status", limits.overflow, (l) => drop(l, 6)),
  log("log.terminal-order", "terminated without an error", limits.overflow, (l) => drop(l, 5)),
  log("log.terminal-order", "a life after the end", limits.overflow, (l) => [...l, ...RUNNING, late, start("@span2")]),

  log("log.budget-reached", "no budget in the usage", limits.crossedAtTheEnd, (l) => change(l, 7, { budget: null })),
  log("log.budget-reached", "a cap far above the cost", limits.crossedAtTheEnd, (l) =>
    change(l, 7, { usage: { list_cost: { amount: "0", currency: "USD" } } }),
  ),
  log("log.budget-holds", "work goes on under the same budget", limits.pausedAndRaised, (l) => drop(l, 10)),
  log("log.budget-holds", "an interrupt is listed", limits.crossedAtTheEnd, (l) =>
    insert(l, 9, { type: "user.interrupt" }),
  ),
  log("log.idle-group", "an ask below a budget that is reached", limits.askOutranks, (l) =>
    change(l, 8, { stop_reason: { type: "budget_reached" } }),
  ),

  log("log.wake-place", "the message before the pair that it causes", turns.plainText, (l) => move(l, 2, 0)),
  log("log.wake-place", "the message after the request that reads it", queue.foldedAfterTool, (l) => move(l, 7, 8)),
  log("log.wake-place", "a mid-turn message before the tool result", queue.foldedAfterTool, (l) => move(l, 7, 6)),
  log("log.wake-place", "the message before the pair, an interrupt behind it", queue.behindItsMessage, (l) =>
    move(l, 2, 0),
  ),
  log("log.wake-place", "flushed input after the idle group", limits.notRetried, (l) => move(l, 6, 9)),
  log("log.wake-cause", "a turn without a message", turns.plainText, (l) => drop(l, 2)),
  log("log.wake-cause", "the message behind the request", turns.plainText, (l) => move(l, 2, 3)),
  log("log.answer-place", "an answer on a session that waits for nothing", answers.allowOne, (l) =>
    move(l, 9, l.length - 1),
  ),
  log("log.answer-place", "an answer to which nothing follows", answers.oneByOne, (l) =>
    move(l, 14, 10).slice(0, 11).concat(late, l.slice(11)),
  ),
  log("log.answer-refers", "an answer to a message", answers.allowOne, (l) => change(l, 9, { tool_use_id: "@ask" })),
  log("log.answer-refers", "a confirmation for a call that did not ask", answers.mixed, (l) =>
    insert(l, 10, logged(allow("@wrong", "@tool1"))),
  ),
  log("log.answer-refers", "a second confirmation", answers.oneByOne, (l) =>
    insert(l, 11, logged(allow("@twice", "@tool1"))),
  ),
  log("log.answer-order", "the later call's answer first", answers.outOfOrder, (l) => move(l, 10, 11)),
  log("log.resume-after-answers", "the confirmation after the pair that it causes", answers.allowOne, (l) =>
    move(l, 9, 11),
  ),
  log("log.resume-after-answers", "running while one is unanswered", answers.oneByOne, (l) => drop(l, 10, 11, 12, 13)),
  log("log.interrupt-place", "the interrupt before the results it makes", queue.whileToolRuns, (l) => move(l, 9, 7)),
  log("log.idle-cause", "the interrupt after the idle group that it causes", queue.whileToolRuns, (l) =>
    move(l, 9, 12),
  ),
  log("log.interrupt-place", "an open call left behind", queue.whileWaiting, (l) => drop(l, 9)),

  log("log.one-span", "two requests at once", turns.plainText, (l) => insert(l, 4, start("@other"))),
  log("log.one-span", "a request while idle", turns.plainText, (l) => drop(l, 0, 1)),
  log("log.span-refers", "the end of another request", turns.twoCalls, (l) =>
    change(l, 11, { model_request_start_id: "@span1" }),
  ),
  log("log.span-refers", "an end without a start", turns.plainText, (l) => insert(l, 7, failed("@span1"))),
  log("log.content-in-span", "a message after its request", turns.plainText, (l) => move(l, 5, 6)),
  log("log.content-in-span", "a call after its request", turns.twoCalls, (l) => move(l, 5, 6)),
  log("log.span-only-content", "a result inside the request", turns.twoCalls, (l) => move(l, 7, 6)),
  log("log.span-only-content", "a queued message inside the request", queue.severalQueued, (l) => move(l, 6, 4)),
  log("log.span-only-content", "an interrupt before the request's end", turns.plainText, (l) =>
    insert(l, 4, { type: "user.interrupt" }),
  ),
  log("log.failed-span-empty", "a message from a cut stream", limits.cutStream, (l) => insert(l, 4, says("Hel"))),
  log("log.calls-settled", "a request while a call is open", turns.twoCalls, (l) => drop(l, 8)),
  log("log.calls-settled", "idle while a call is open", queue.whileToolRuns, (l) => drop(l, 8)),

  log("log.result-refers", "a result for a message", turns.oneCall, (l) => change(l, 7, { tool_use_id: "@ask" })),
  log("log.result-refers", "two results for one call", turns.oneCall, (l) => insert(l, 8, gives("@tool1", "again"))),
  log("log.result-refers", "a custom result for a sandbox call", turns.oneCall, (l) =>
    change(l, 7, { type: "user.custom_tool_result", tool_use_id: undefined, custom_tool_use_id: "@tool1" }),
  ),
  log("log.result-order", "results in the order of their ends", turns.twoCalls, (l) => move(l, 7, 8)),
  log("log.ask-waits", "run without leave", answers.oneByOne, (l) => insert(l, 7, gives("@tool1", "one"))),
  log("log.ask-waits", "run although denied", answers.denyOne, (l) => change(l, 12, { is_error: false })),
  log("log.batch-waits", "the other call runs while one asks", answers.mixed, (l) => move(l, 13, 7)),
  log("log.requires-action-ids", "not in call order", answers.oneByOne, (l) =>
    [7, 9].reduce((all, at) => change(all, at, { stop_reason: { ...REQUIRES, event_ids: ["@tool2", "@tool1"] } }), l),
  ),
  log("log.requires-action-ids", "a call that does not block", answers.mixed, (l) =>
    [7, 9].reduce((all, at) => change(all, at, { stop_reason: { ...REQUIRES, event_ids: ["@tool1", "@tool2"] } }), l),
  ),
  log("log.requires-action-ids", "an answered call", answers.oneByOne, (l) =>
    [11, 13].reduce((all, at) => change(all, at, { stop_reason: { ...REQUIRES, event_ids: ["@tool1", "@tool2"] } }), l),
  ),
  log("log.requires-action-ids", "a custom call left out", answers.besideAsk, (l) =>
    [7, 9].reduce((all, at) => change(all, at, { stop_reason: { ...REQUIRES, event_ids: ["@tool1"] } }), l),
  ),
];
