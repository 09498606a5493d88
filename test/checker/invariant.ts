import type { Dump } from "./dump.ts";

/** What one invariant says of one dump: how many things it looked at, and what was wrong with them. */
export interface Verdict {
  evaluated: number;
  violations: string[];
}

export interface Invariant {
  /** `I1` … `I24` of reliability.md §3.1. */
  id: string;
  /** The invariant in words. */
  says: string;
  evaluate(dump: Dump): Verdict;
}

/** Counts what is looked at and collects what is wrong. */
export class Tally implements Verdict {
  evaluated = 0;
  readonly violations: string[] = [];

  expect(holds: boolean, otherwise: () => string): void {
    this.evaluated += 1;
    if (!holds) this.violations.push(otherwise());
  }
}

export function invariant(id: string, says: string, look: (dump: Dump, tally: Tally) => void): Invariant {
  return {
    id,
    says,
    evaluate(dump) {
      const tally = new Tally();
      look(dump, tally);
      return tally;
    },
  };
}
