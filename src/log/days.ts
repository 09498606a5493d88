/** What each UTC day of a session cost, for the day's cap of its workspace. Pure: the same rows give the same sums. */
export interface Day {
  /** Days since 1970, UTC. */
  day: number;
  /** List price of the model requests that ended on it, in units of `brain/prices.ts`; one without a public price counts nothing. */
  cost: number;
  /** Microseconds in `running` on it, up to where the log says that the session stopped. */
  activeMicros: number;
}

export const DAY_MICROS = 86_400_000_000;
/** What is kept: the newest two days that have anything, since a push after midnight also tells what was not told before. */
const DAYS_KEPT = 2;

export function dayOf(micros: number): number {
  return Math.floor(micros / DAY_MICROS);
}

/** The days with a request's cost on the day of its end; `ts` in microseconds. */
export function charged(days: readonly Day[], ts: number, cost: number): readonly Day[] {
  return cost === 0 ? days : added(days, dayOf(ts), { cost, activeMicros: 0 });
}

/** The days with a stretch of `running`, each day its own part; both in microseconds. */
export function ran(days: readonly Day[], since: number, until: number): readonly Day[] {
  const first = Math.max(dayOf(since), dayOf(until) - DAYS_KEPT + 1);
  let sum = days;
  for (let day = first; day <= dayOf(until); day++) {
    const part = Math.min(until, (day + 1) * DAY_MICROS) - Math.max(since, day * DAY_MICROS);
    if (part > 0) sum = added(sum, day, { cost: 0, activeMicros: part });
  }
  return sum;
}

function added(days: readonly Day[], day: number, more: Omit<Day, "day">): readonly Day[] {
  const old = days.find((one) => one.day === day) ?? { day, cost: 0, activeMicros: 0 };
  const own = { day, cost: old.cost + more.cost, activeMicros: old.activeMicros + more.activeMicros };
  const others = days.filter((one) => one.day !== day);
  return [...others, own].sort((a, b) => a.day - b.day).slice(-DAYS_KEPT);
}
