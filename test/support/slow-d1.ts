/** A real D1 that answers late or not at all. */

export type Pace = "normal" | "delayed" | "hanging";

/** As slow as a D1 is that is not in the same place. */
export const DELAY_MS = 30;
/** Longer than anybody waits. */
const HANG_MS = 600_000;

/** A statement as the wrapper gives it out, with the one that D1 knows. */
interface Slow extends D1PreparedStatement {
  inner: D1PreparedStatement;
}

/** The database behind it, at a pace that may change between two trips. */
export function slowD1(db: D1Database, pace: () => Pace): D1Database {
  const wait = async () => {
    const now = pace();
    if (now !== "normal") await scheduler.wait(now === "delayed" ? DELAY_MS : HANG_MS);
  };
  const slow = (inner: D1PreparedStatement): Slow =>
    ({
      inner,
      bind: (...values: unknown[]) => slow(inner.bind(...values)),
      first: async (column: string) => {
        await wait();
        return column === undefined ? inner.first() : inner.first(column);
      },
      run: async () => {
        await wait();
        return inner.run();
      },
      all: async () => {
        await wait();
        return inner.all();
      },
    }) as unknown as Slow;
  const batch = async (statements: Slow[]) => {
    await wait();
    return db.batch(statements.map(({ inner }) => inner));
  };
  return { prepare: (text: string) => slow(db.prepare(text)), batch } as unknown as D1Database;
}
