/** A session with a budget (spec/core.md §4.3, §4.10, §4.11). */
import type { Rule, Say } from "../report.ts";
import { isObject } from "../walk.ts";
import { type Entry, type Log, pathOf, stopReason } from "./facts.ts";

const cents = (amount: unknown): number => (isObject(amount) ? Number(amount.amount) : Number.NaN);

/** Only a session with a budget reaches one, and the usage right before says so. Amounts are rounded to the cent, the exact cost is what counts. */
function reached(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== "session.status_idle" || stopReason(entry.event).type !== "budget_reached") continue;
    const { usage, budget }: Record<string, unknown> = log.entries[at - 1]?.event ?? {};
    say(pathOf(entry), isObject(budget), "budget_reached in a session without a budget");
    if (!isObject(budget) || !isObject(usage) || usage.list_cost === undefined) continue;
    const enough = cents(usage.list_cost) >= cents(budget.max_list_cost);
    say(pathOf(entry), enough, `budget_reached at ${cents(usage.list_cost)} of ${cents(budget.max_list_cost)} cents`);
  }
}

/** Held by its budget, a session does not run, and an interrupt is not even listed. */
function holds(log: Log, say: Say): void {
  for (const entry of log.entries) {
    if (entry.type !== "session.status_running" && entry.type !== "user.interrupt") continue;
    say(pathOf(entry), !isHeld(entry), `${entry.type} while the budget is reached and has not been changed`);
  }
}

const isHeld = ({ before }: Entry) => before.status === "idle" && before.budget === "reached";

export const BUDGET_RULES: readonly Rule<Log>[] = [
  { id: "log.budget-reached", source: "spec/core.md §4.10, §4.11", check: reached },
  { id: "log.budget-holds", source: "spec/core.md §4.3, §4.11", check: holds },
];
