/** The parts of a statement (statement.ts): columns, conditions and values, compiled to closures over one row. */
import type { SqlRow, SqlValue } from "../../src/log/sql.ts";

export type Term = (row: SqlRow, binds: SqlValue[]) => SqlValue;

type Choice = [all: string, column: string, test: string, json: string | undefined, then: string, other: string];

/** Counts the binds of a statement from left to right. */
interface Counter {
  n: number;
}

export function compare(a: SqlValue | undefined, b: SqlValue | undefined): number {
  if (a === b) return 0;
  return (a as number) < (b as number) ? -1 : 1;
}

export function projection(columns: string, counter: Counter): (row: SqlRow, binds: SqlValue[]) => SqlRow {
  if (columns === "*") return (row) => ({ ...row });
  const parts = list(columns).map((one) => {
    const [, value, name] = /^(.*?)(?: AS (\w+))?$/.exec(one) as unknown as [string, string, string | undefined];
    return [name ?? value, term(value, counter)] as const;
  });
  return (row, binds) => {
    const out: SqlRow = {};
    for (const [name, value] of parts) out[name] = value(row, binds);
    return out;
  };
}

export function condition(where: string | undefined, counter: Counter): (row: SqlRow, binds: SqlValue[]) => boolean {
  if (where === undefined) return () => true;
  const tests = where.split(" AND ").map((one) => {
    const found = /^(\w+) (=|<=|>=|<|>) (\S+)$/.exec(one.trim());
    if (!found) throw new Error(`the simulator's tables do not know this condition: ${one}`);
    const [, column, sign, right] = found as unknown as [string, string, string, string];
    const value = term(right, counter);
    if (sign === "=") return (row: SqlRow, binds: SqlValue[]) => row[column] === value(row, binds);
    const wanted = (difference: number) =>
      (sign.includes("=") && difference === 0) || (sign[0] === "<" ? difference < 0 : difference > 0);
    return (row: SqlRow, binds: SqlValue[]) => wanted(compare(row[column], value(row, binds)));
  });
  return (row, binds) => tests.every((test) => test(row, binds));
}

/**
 * A column, a bind, a literal, `x IS NOT NULL`, `json_remove(x, '$.k', '$.l')`, or
 * `CASE WHEN x LIKE '%…' | x IN (…) [AND json_valid(w)] THEN y ELSE z END`.
 */
export function term(text: string, counter: Counter): Term {
  const one = text.trim();
  if (one === "?") {
    const at = counter.n++;
    return (_, binds) => binds[at] ?? null;
  }
  if (one === "NULL") return () => null;
  if (/^-?\d+$/.test(one)) return () => Number(one);
  if (/^'[^']*'$/.test(one)) return () => one.slice(1, -1);
  if (/^\w+$/.test(one)) return (row) => row[one] ?? null;
  const given = /^(\w+) IS NOT NULL$/.exec(one)?.[1];
  if (given) return (row) => ((row[given] ?? null) === null ? 0 : 1);
  const removal = /^json_remove\((\w+)((?:, '\$\.\w+')+)\)$/.exec(one);
  if (removal) {
    const [, column, paths] = removal as unknown as [string, string, string];
    const gone = Object.fromEntries([...paths.matchAll(/\$\.(\w+)/g)].map(([, key]) => [key, undefined]));
    return (row) => JSON.stringify({ ...(JSON.parse(row[column] as string) as object), ...gone });
  }
  const choice =
    /^CASE WHEN (\w+) (LIKE '%\w+'|IN \([^)]*\))(?: AND json_valid\((\w+)\))? THEN (\S.*?) ELSE (\S+) END$/.exec(one);
  if (choice) {
    const [, column, test, json, then, other] = choice as unknown as Choice;
    const [yes, no] = [term(then, counter), term(other, counter)];
    const words = [...test.matchAll(/'%?([^']*)'/g)].map((found) => found[1] as string);
    const holds = test.startsWith("LIKE")
      ? (value: string) => value.endsWith(words[0] as string)
      : (value: string) => words.includes(value);
    const valid = (row: SqlRow) => json === undefined || isJson(row[json]);
    return (row, binds) => (holds(String(row[column])) && valid(row) ? yes : no)(row, binds);
  }
  throw new Error(`the simulator's tables do not know this expression: ${one}`);
}

function isJson(value: SqlValue | undefined): boolean {
  try {
    JSON.parse(String(value));
    return true;
  } catch {
    return false;
  }
}

/** Splits at commas outside brackets. */
export function list(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((one) => one.trim());
}
