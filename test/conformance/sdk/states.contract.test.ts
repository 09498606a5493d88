/**
 * The status table: what each state of a session does with each client event (spec/core.md §4.3–§4.5). A refused event leaves the list as it
 * was and is not tried again by the SDK; a taken one adds what its cell says. The row `budget_reached` is with the budgets.
 */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { say } from "../../support/modelServer/answer.ts";
import { FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";
import { STATES, type Standing, type StateName } from "./states.ts";

/** Each API version once, in two forms of the credential: the table is long, and neither changes it. */
const TWO_FORMS = [FORMS[0], FORMS[4]].filter((form) => form !== undefined);

const usual = useLab();
/** Here the wait before the next attempt at a model request outlasts the test. */
const patient = useLab({ vars: { RETRY_BASE_MS: "600000" } });
const labOf = (state: StateName) => (state === "rescheduling" ? patient : usual);
const text = (words: string) => [{ type: "text" as const, text: words }];
/** Whatever came before it, the model answers this. */
const speak = ({ lab }: Standing) => message(lab.script(say("Done.")));
const SYSTEM = { type: "system.message", content: text("Be brief.") };
const INTERRUPT = { type: "user.interrupt" };
const allow = (id: string) => ({ type: "user.tool_confirmation", tool_use_id: id, result: "allow" });
const result = (id: string) => ({ type: "user.custom_tool_result", custom_tool_use_id: id, content: text("Mild.") });

/** The columns: batches of client events. */
const COLUMNS = {
  message: (standing: Standing) => [speak(standing)],
  "message, system": (standing: Standing) => [speak(standing), SYSTEM],
  outcome: () => [{ type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } }],
  "confirmation, its id": ({ ask }: Standing) => [allow(ask)],
  "confirmation, another id": ({ custom }: Standing) => [allow(custom)],
  "custom result, its id": ({ custom }: Standing) => [result(custom)],
  "custom result, another id": ({ ask }: Standing) => [result(ask)],
  "custom result, system": ({ custom }: Standing) => [result(custom), SYSTEM],
  "every answer, system": ({ ask, custom }: Standing) => [allow(ask), result(custom), SYSTEM],
  "tool result": ({ ask }: Standing) => [{ type: "user.tool_result", tool_use_id: ask }],
  interrupt: () => [INTERRUPT],
  "interrupt, message": (standing: Standing) => [INTERRUPT, speak(standing)],
  "interrupt, system": () => [INTERRUPT, SYSTEM],
  system: () => [SYSTEM],
  "system, message": () => [SYSTEM, message("Late.")],
};
type Column = keyof typeof COLUMNS;

type Cell =
  | { refusal: typeof Anthropic.APIError; words: RegExp }
  /** `echo`: which events of the answer are processed. `adds`: the types that follow, up to the first `until`. */
  | { echo: ("stamped" | "pending")[]; adds: string[]; until?: "session.status_idle" | "span.model_request_start" };

const bad = (words: RegExp): Cell => ({ refusal: Anthropic.BadRequestError as never, words });
const OUTCOME = bad(
  /^events\.0\.user_define_outcome: outcomes are not supported by this version.*send a user\.message/,
);
const NO_CREDENTIAL: Cell = {
  refusal: Anthropic.PermissionDeniedError as never,
  words: /^events\[0\]: user\.tool_result needs an environment's credential/,
};
const NO_CALL = bad(/^events\[0\]\.(custom_)?tool_use_id: no call with the id \S+ waits for a user\./);
const LAST = bad(/^events\.0: must be the last event of a request/);
const FOLLOWS = bad(/^events\.1: must directly follow user\.message, .*the event before is user\.interrupt/);
const OVER: Cell = { refusal: Anthropic.ConflictError as never, words: /takes no more events; create a new session/ };

const PAIR = ["session.status_running", "session.thread_status_running"];
const IDLE = ["session.thread_status_idle", "session.usage", "session.status_idle"];
const ANSWER = ["span.model_request_start", "agent.message", "span.model_request_end"];

/** Rows whose session waits for nothing. */
const RESTING: Record<Column, Cell> = {
  message: { echo: ["stamped"], adds: [...PAIR, "user.message", ...ANSWER, ...IDLE], until: "session.status_idle" },
  "message, system": {
    echo: ["stamped", "stamped"],
    adds: [...PAIR, "user.message", "system.message", ...ANSWER, ...IDLE],
    until: "session.status_idle",
  },
  outcome: OUTCOME,
  "confirmation, its id": NO_CALL,
  "confirmation, another id": NO_CALL,
  "custom result, its id": NO_CALL,
  "custom result, another id": NO_CALL,
  "custom result, system": NO_CALL,
  "every answer, system": NO_CALL,
  "tool result": NO_CREDENTIAL,
  interrupt: { echo: ["stamped"], adds: ["user.interrupt"] },
  "interrupt, message": {
    echo: ["stamped", "stamped"],
    adds: ["user.interrupt", ...PAIR, "user.message", ...ANSWER, ...IDLE],
    until: "session.status_idle",
  },
  "interrupt, system": FOLLOWS,
  system: { echo: ["pending"], adds: ["system.message"] },
  "system, message": LAST,
};

const RUNNING: Record<Column, Cell> = {
  ...RESTING,
  message: { echo: ["pending"], adds: ["user.message"] },
  "message, system": { echo: ["pending", "pending"], adds: ["user.message", "system.message"] },
  interrupt: { echo: ["stamped"], adds: ["span.model_request_end", "user.interrupt", ...IDLE] },
  "interrupt, message": {
    echo: ["stamped", "stamped"],
    adds: ["span.model_request_end", "user.interrupt", ...IDLE, ...PAIR, "user.message", ...ANSWER, ...IDLE],
    until: "session.status_idle",
  },
  system: bad(/^events\[0\]: while the session runs, system\.message must follow/),
};

const RESCHEDULING: Record<Column, Cell> = {
  ...RUNNING,
  interrupt: { echo: ["stamped"], adds: ["user.interrupt", ...IDLE] },
  "interrupt, message": {
    echo: ["stamped", "stamped"],
    adds: ["user.interrupt", ...IDLE, ...PAIR, "user.message", ...ANSWER, ...IDLE],
    until: "session.status_idle",
  },
};

const SETTLED = ["user.custom_tool_result", "agent.tool_result"];
const WORKING: Record<Column, Cell> = {
  ...RUNNING,
  "custom result, its id": { echo: ["stamped"], adds: ["user.custom_tool_result"] },
  "custom result, system": { echo: ["stamped", "pending"], adds: ["user.custom_tool_result", "system.message"] },
  interrupt: { echo: ["stamped"], adds: [...SETTLED, "user.interrupt", ...IDLE] },
  "interrupt, message": {
    echo: ["stamped", "stamped"],
    adds: [...SETTLED, "user.interrupt", ...IDLE, ...PAIR, "user.message", ...ANSWER, ...IDLE],
    until: "session.status_idle",
  },
};

const ASKS = bad(
  /^events\[0\]: .*sevt_\w+, sevt_\w+; send user\.tool_confirmation, user\.custom_tool_result or user\.tool_result.*user\.interrupt/,
);
const TURNED_BACK = ["agent.tool_result", "user.custom_tool_result"];
const WAITING: Record<Column, Cell> = {
  ...RESTING,
  message: ASKS,
  "message, system": bad(/^events\[1\]: while the session waits .* must follow a tool result/),
  "confirmation, its id": { echo: ["stamped"], adds: ["user.tool_confirmation", ...IDLE] },
  "custom result, its id": { echo: ["pending"], adds: ["user.custom_tool_result"] },
  "custom result, system": { echo: ["pending", "pending"], adds: ["user.custom_tool_result", "system.message"] },
  "every answer, system": {
    echo: ["stamped", "stamped", "pending"],
    adds: [
      "user.tool_confirmation",
      "user.custom_tool_result",
      ...PAIR,
      "agent.tool_result",
      "system.message",
      ...ANSWER,
      ...IDLE,
    ],
    until: "session.status_idle",
  },
  interrupt: { echo: ["stamped"], adds: [...TURNED_BACK, "user.interrupt", ...IDLE] },
  "interrupt, message": {
    echo: ["stamped", "stamped"],
    adds: [...TURNED_BACK, "user.interrupt", ...IDLE, ...PAIR, "user.message", ...ANSWER, ...IDLE],
    until: "session.status_idle",
  },
  system: bad(/^events\[0\]: while the session waits .* must follow a tool result/),
};

/** The shape and the credential are judged before the session is asked. */
const CLOSED = Object.fromEntries(
  Object.entries(RESTING).map(([column, cell]) => {
    const sooner = [OUTCOME, NO_CREDENTIAL, FOLLOWS, LAST].includes(cell);
    return [column, sooner ? cell : OVER];
  }),
) as Record<Column, Cell>;

const TABLE: Record<StateName, Record<Column, Cell>> = {
  "never run": RESTING,
  end_turn: RESTING,
  retries_exhausted: RESTING,
  refusal: RESTING,
  "running, the model is asked": RUNNING,
  "running, a tool works": WORKING,
  rescheduling: RESCHEDULING,
  requires_action: WAITING,
  archived: CLOSED,
  terminated: CLOSED,
};

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
  if (status === "running" || status === "rescheduling")
    await client.beta.sessions.events.send(id, { events: [{ type: "user.interrupt" }] });
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
