/** D1 that counts what statements read and write, as the platform bills it. */
export interface Counts {
  /** Rows. */
  read: number;
  written: number;
}

interface Answer {
  results: unknown[];
  meta: { rows_read: number; rows_written: number };
}

/** The same database; the statements that fit `which`, all by default, add to the counts. */
export function counting(db: D1Database, which = /^/): { db: D1Database; counts: Counts } {
  const counts = { read: 0, written: 0 };
  const counted = <T extends Answer>(sql: string, answer: T): T => {
    if (which.test(sql)) {
      counts.read += answer.meta.rows_read;
      counts.written += answer.meta.rows_written;
    }
    return answer;
  };
  const inner = new WeakMap<object, { sql: string; statement: D1PreparedStatement }>();
  const wrap = (sql: string, statement: D1PreparedStatement): object => {
    const all = async () => counted(sql, await statement.all());
    const outer = {
      bind: (...values: unknown[]) => wrap(sql, statement.bind(...values)),
      all,
      run: all,
      first: async () => (await all()).results[0] ?? null,
    };
    inner.set(outer, { sql, statement });
    return outer;
  };
  const through = {
    prepare: (sql: string) => wrap(sql, db.prepare(sql)),
    batch: async (list: object[]) => {
      const parts = list.flatMap((outer) => inner.get(outer) ?? []);
      const answers = await db.batch(parts.map(({ statement }) => statement));
      return answers.map((answer, i) => counted(parts[i]?.sql ?? "", answer));
    },
  };
  return { db: through as unknown as D1Database, counts };
}
