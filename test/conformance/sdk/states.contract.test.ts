/**
 * The status table: what each state of a session does with each client event (spec/core.md §4.3–§4.5). A refused event leaves the list as it
 * was and is not tried again by the SDK; a taken one adds what its cell says. The row `budget_reached` is with the budgets.
 */
import type Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { send } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";
import { STATES, type Standing, type StateName } from "./states.ts";
import { type Cell, COLUMNS, type Column, TABLE } from "./status-table.ts";

const usual = useLab();
/** Here the wait before the next attempt at a model request outlasts the test. */
const patient = useLab({ vars: { RETRY_BASE_MS: "600000" } });
const labOf = (state: StateName) => (state === "rescheduling" ? patient : usual);
async function listed(client: Anthropic, id: string) {
  return (await client.beta.sessions.events.list(id)).data;
}

/** One session of the state takes every refusal, and is as it was. */
async function refuses(client: Anthropic, standing: Standing, cells: [Column, Cell][]): Promise<void> {
  const before = await listed(client, standing.id);
  const posts = () => standing.lab.wire.count("POST", `/v1/sessions/${standing.id}/events`);
  const sent = posts();
  for (const [column, cell] of cells) {
    if (!("refusal" in cell)) continue;
    const events = COLUMNS[column](standing) as never;
    const error = await refused(client.beta.sessions.events.send(standing.id, { events }), cell.refusal as never);
    expect(error.apiMessage, column).toMatch(cell.words);
    expect(error.headers?.get("x-should-retry") ?? null, column).toBe(error.status === 409 ? "false" : null);
    expect(error.type, column).toBe(error.status === 403 ? "permission_error" : "invalid_request_error");
  }
  expect(posts() - sent).toBe(cells.length);
  expect(await listed(client, standing.id)).toEqual(before);
}

async function takes(client: Anthropic, standing: Standing, column: Column, cell: Cell): Promise<void> {
  if ("refusal" in cell) return;
  const { events } = client.beta.sessions;
  const before = await listed(client, standing.id);
  const idles = standing.reader.of("session.status_idle").length;
  const echo = await events.send(standing.id, { events: COLUMNS[column](standing) as never });
  expect(
    echo.data?.map((event) => ("processed_at" in event ? "stamped" : "pending")),
    column,
  ).toEqual(cell.echo);
  const rests = cell.adds.filter((type) => type === cell.until).length;
  if (cell.until) await standing.reader.nth(cell.until, idles + rests);
  const after = await listed(client, standing.id);
  const known = new Set(before.map(({ id }) => id));
  expect(
    after.filter(({ id }) => !known.has(id)).map(({ type }) => type),
    column,
  ).toEqual(cell.adds);
  expect(
    after.filter(({ id }) => known.has(id)),
    column,
  ).toEqual(before);
}

/** No turn goes on beyond its test. */
async function leave(client: Anthropic, { id, reader }: Standing): Promise<void> {
  const { status } = await client.beta.sessions.retrieve(id);
  if (status === "running" || status === "rescheduling") await send(client, id, { type: "user.interrupt" });
  reader.close();
}

describe.each(TWO_FORMS)("$name", (form) => {
  test.each(Object.keys(STATES) as StateName[])("%s", async (state) => {
    const lab = labOf(state);
    const client = lab.client(form);
    const cells = Object.entries(TABLE[state]) as [Column, Cell][];
    const one = await STATES[state](lab, client);
    await refuses(
      client,
      one,
      cells.filter(([, cell]) => "refusal" in cell),
    );
    await leave(client, one);
    for (const [column, cell] of cells) {
      if ("refusal" in cell) continue;
      const standing = await STATES[state](lab, client);
      await takes(client, standing, column, cell);
      await leave(client, standing);
    }
  });
});

reportRules(["log.wake-place", "log.answer-place", "log.interrupt-place", "log.pending-tail", "log.calls-settled"]);
