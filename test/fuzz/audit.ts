/** After a run: all that is stored, against all that answers said. */
import { validateLog } from "../conformance/validator/validator.ts";
import type { Body, World } from "./world.ts";

const LISTS = ["agents?include_archived=true", "environments?include_archived=true", "sessions?include_archived=true"];
const LISTED = /^(agent|env|sesn)_/;

/**
 * Says which objects are stored although every request that could have made them was refused, which ones are lost, and what is wrong with the logs
 * of the sessions that were fuzzed.
 */
export async function audit(world: World): Promise<string[]> {
  const { made, alive } = world.told;
  const lists = await Promise.all(LISTS.map((list) => all(world, list)));
  const found = new Set(lists.flat().map(({ id }) => id));
  const problems = difference(found, made, alive);
  for (const id of world.ids("session").filter((session) => found.has(session))) {
    const events = await all(world, `sessions/${id}/events?order=asc`);
    const violations = validateLog(events).slice(0, 5);
    problems.push(...violations.map(({ rule, path, message }) => `log of ${id} [${rule}] ${path}: ${message}`));
  }
  return problems;
}

/** `found`: ids in the lists; `made`: ids of which an answer said that they exist; `alive`: those of them that were not deleted. */
export function difference(
  found: ReadonlySet<string>,
  made: ReadonlySet<string>,
  alive: ReadonlySet<string>,
): string[] {
  const stored = [...found].filter((id) => !made.has(id));
  const lost = [...alive].filter((id) => LISTED.test(id) && !found.has(id));
  return [
    ...stored.map((id) => `${id} is stored, but every request that could have made it was refused`),
    ...lost.map((id) => `${id} is lost`),
  ];
}

async function all(world: World, list: string): Promise<Body[]> {
  const rows: Body[] = [];
  for (let page = ""; ; ) {
    const { data, next_page } = await world.call("GET", `/v1/${list}&limit=100&page=${page}`);
    rows.push(...(data as Body[]));
    if (next_page === null) return rows;
    page = String(next_page);
  }
}
