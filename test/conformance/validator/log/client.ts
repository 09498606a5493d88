/** Where client events may stand (spec/core.md §4.4, §4.5, §4.6). */
import type { Rule, Say } from "../report.ts";
import {
  after,
  type Call,
  callIdOf,
  isAnswer,
  isResult,
  isWake,
  type Log,
  openCalls,
  pathOf,
  stopReason,
} from "./facts.ts";

/**
 * A message stands right before the request that reads it; flushed input right before the end of the turn or of the log. An interrupt may come first:
 * then the turn ends without the request (`log.interrupt-place`).
 */
function wakePlace(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (!isWake(entry.type)) continue;
    const next = after(log, at + 1, isWake);
    const followed = next?.type === "span.model_request_start" || next?.type === "user.interrupt";
    const read = followed && entry.before.status === "running";
    const exhausted =
      next?.type === "session.thread_status_idle" && stopReason(next.event).type === "retries_exhausted";
    const flushed = !next || exhausted || next.type === "session.status_terminated";
    say(pathOf(entry), read || flushed, `${entry.type} while ${entry.before.status}, followed by ${next?.type}`);
  }
}

/** A session that waits for nothing starts to run for a wake event: one stands right behind the running pair. */
function wakeCause(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    const { status, waiting, budget } = entry.before;
    if (entry.type !== "session.status_running" || status !== "idle" || waiting !== null) continue;
    // Either change of a budget takes up what it had paused, without an event of a client (§4.11).
    if (budget === "changed") continue;
    const first = log.entries[at + 2]?.type ?? "nothing";
    say(pathOf(entry), isWake(first), `an idle session runs for no input: ${first} follows the running pair`);
  }
}

/** An answer is taken while the session waits for it or runs; taken while it waits, it leads on at once. */
function answerPlace(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (!isAnswer(entry.type)) continue;
    const { status, waiting } = entry.before;
    const next = after(log, at + 1, (type) => isAnswer(type) || isResult(type))?.type;
    const leads = [undefined, "session.status_running", "session.thread_status_idle", "user.interrupt"].includes(next);
    const ok = status === "running" || (waiting !== null && leads);
    say(pathOf(entry), ok, `${entry.type} while ${status}, followed by ${next}`);
  }
}

/** An answer names an earlier call that takes this kind of answer, and no call is answered twice in the same way. */
function answerRefers(log: Log, say: Say): void {
  const taken = new Set<string>();
  for (const [i, event] of log.all.entries()) {
    if (!isAnswer(event.type)) continue;
    const call = log.calls.get(callIdOf(event));
    const key = `${event.type} ${callIdOf(event)}`;
    const known = call !== undefined && log.all.findIndex((e) => e.id === call.id) < i;
    say(`/${i}`, known && takes(call, event.type), `${event.type} for ${callIdOf(event)}, which takes no such answer`);
    say(`/${i}`, !taken.has(key), `a second ${key}`);
    taken.add(key);
  }
}

function takes({ family, permission }: Call, type: string): boolean {
  if (type === "user.custom_tool_result") return family === "custom";
  if (type === "user.tool_result") return family === "sandbox";
  return family !== "custom" && permission === "ask";
}

/** Answers are taken in call order, whatever order they came in. */
function answerOrder(log: Log, say: Say): void {
  const last = new Map<number, Call>();
  for (const entry of log.entries) {
    const call = isAnswer(entry.type) ? log.calls.get(callIdOf(entry.event)) : undefined;
    if (!call) continue;
    const previous = last.get(call.batch);
    say(
      pathOf(entry),
      !previous || previous.at <= call.at,
      `the answer to ${call.id} is taken after that of a later call`,
    );
    last.set(call.batch, call);
  }
}

/** The running pair comes only after an answer to everything that the session was waiting for. */
function resumeAfterAnswers(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    const { waiting } = entry.before;
    if (entry.type !== "session.status_running" || waiting === null) continue;
    const given = new Set(
      log.entries
        .slice(0, at)
        .filter((e) => isAnswer(e.type))
        .map((e) => callIdOf(e.event)),
    );
    const missing = waiting.filter((id) => !given.has(id));
    say(pathOf(entry), missing.length === 0, `running while ${missing.join(", ")} is unanswered`);
  }
}

/** After the synthesized results, before the idle group; on an idle session it is recorded and nothing follows from it. */
function interruptPlace(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== "user.interrupt") continue;
    const { status, waiting } = entry.before;
    if (status === "idle" && waiting === null) {
      say(pathOf(entry), openCalls(log, at).length === 0, "an idle session with open calls");
      continue;
    }
    const next = after(log, at + 1, (type) => type === "user.interrupt");
    const ends = next?.type === "session.thread_status_idle" && stopReason(next.event).type === "end_turn";
    say(pathOf(entry), ends, `an interrupt is followed by the idle group with end_turn, not ${next?.type}`);
    say(pathOf(entry), openCalls(log, at).length === 0, "open calls get their results before the interrupt");
  }
}

export const CLIENT_RULES: readonly Rule<Log>[] = [
  { id: "log.wake-place", source: "spec/core.md §4.6", check: wakePlace },
  { id: "log.wake-cause", source: "spec/core.md §4.1, §4.6", check: wakeCause },
  { id: "log.answer-place", source: "spec/core.md §4.6", check: answerPlace },
  { id: "log.answer-refers", source: "spec/core.md §4.4", check: answerRefers },
  { id: "log.answer-order", source: "spec/core.md §4.4", check: answerOrder },
  { id: "log.resume-after-answers", source: "spec/core.md §4.4", check: resumeAfterAnswers },
  { id: "log.interrupt-place", source: "spec/core.md §4.5", check: interruptPlace },
];
