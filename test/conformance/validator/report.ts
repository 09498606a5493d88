/** What a check answers, and how often each rule has looked at something: a rule that never looked has proved nothing. */
export interface Violation {
  /** The rule's id. */
  rule: string;
  /** JSON pointer into what was given. */
  path: string;
  message: string;
}

/** States one fact about one place: `ok` or a violation of the running rule. */
export type Say = (path: string, ok: boolean, message: string) => void;

/** A rule of our own about a `T`. */
export interface Rule<T> {
  id: string;
  /** Where the rule is written. */
  source: string;
  check(subject: T, say: Say): void;
}

const counts = new Map<string, number>();

/** How many facts each rule has stated in this process, or since `forgetEvaluated`. */
export function evaluated(): ReadonlyMap<string, number> {
  return counts;
}

export function forgetEvaluated(): void {
  counts.clear();
}

/** Runs the rules over one subject. */
export function run<T>(rules: readonly Rule<T>[], subject: T): Violation[] {
  const violations: Violation[] = [];
  for (const { id, check } of rules) {
    check(subject, (path, ok, message) => {
      count(id);
      if (!ok) violations.push({ rule: id, path, message });
    });
  }
  return violations;
}

export function count(rule: string): void {
  counts.set(rule, (counts.get(rule) ?? 0) + 1);
}
