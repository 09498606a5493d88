/**
 * Stands in for `vitest` where many mutants run in one process: collects the tests of a bundle and runs them one after another, up to the first
 * that fails. Far quicker to start than the real runner, which runs the same files in `npm test`.
 */
export { vi } from "./clock.ts";
export { expect } from "./expect.ts";

type Body = (...args: never[]) => unknown;
interface Test {
  name: string;
  body: Body;
  args: unknown[];
  groups: Group[];
}
interface Group {
  before: Body[];
  after: Body[];
  first: Body[];
  last: Body[];
  begun: boolean;
}

const tests: Test[] = [];
let groups: Group[] = [];

function newGroup(): Group {
  return { before: [], after: [], first: [], last: [], begun: false };
}

const bodyOf = (rest: unknown[]) => rest.find((one): one is Body => typeof one === "function") as Body;
const newest = () => groups.at(-1) as Group;

/** What a file says outside of any `describe` is for its own tests. */
export function beginFile(): void {
  groups = [newGroup()];
}

export function test(name: string, ...rest: unknown[]): void {
  tests.push({ name, body: bodyOf(rest), args: [], groups });
}
test.each =
  (table: readonly unknown[]) =>
  (name: string, ...rest: unknown[]): void => {
    for (const row of table) tests.push({ name, body: bodyOf(rest), args: Array.isArray(row) ? row : [row], groups });
  };
export const it = test;

export function describe(_: string, body: () => void): void {
  const outer = groups;
  groups = [...outer, newGroup()];
  body();
  groups = outer;
}
describe.each =
  (table: readonly unknown[]) =>
  (name: string, body: Body): void => {
    for (const row of table) describe(name, () => body(...((Array.isArray(row) ? row : [row]) as never[])));
  };

export const beforeEach = (body: Body): void => void newest().before.push(body);
export const afterEach = (body: Body): void => void newest().after.push(body);
export const beforeAll = (body: Body): void => void newest().first.push(body);
export const afterAll = (body: Body): void => void newest().last.push(body);

/** Runs what was collected; the name and the words of the first failure, or null. */
export async function runTests(): Promise<{ failed: string | null; ran: number }> {
  let ran = 0;
  for (const one of tests) {
    ran += 1;
    try {
      await runOne(one);
    } catch (error) {
      return { failed: `${one.name}: ${error instanceof Error ? error.message : error}`.slice(0, 300), ran };
    }
  }
  return { failed: null, ran };
}

async function runOne({ body, args, groups: around }: Test): Promise<void> {
  for (const group of around) {
    if (group.begun) continue;
    group.begun = true;
    for (const hook of group.first) await hook();
  }
  for (const group of around) for (const hook of group.before) await hook();
  try {
    await body(...(args as never[]));
  } finally {
    for (const group of around) for (const hook of group.after) await hook();
  }
}
