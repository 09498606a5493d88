/** The status table as data: what each state of a session does with each batch of client events (spec/core.md §4.3–§4.5). */
import Anthropic from "@anthropic-ai/sdk";
import { say } from "../../support/model-server/answer.ts";
import { message } from "./reader.ts";
import type { Standing, StateName } from "./states.ts";

const text = (words: string) => [{ type: "text" as const, text: words }];
/** Whatever came before it, the model answers this. */
const speak = ({ lab }: Standing) => message(lab.script(say("Done.")));
const SYSTEM = { type: "system.message", content: text("Be brief.") };
const INTERRUPT = { type: "user.interrupt" };
const allow = (id: string) => ({ type: "user.tool_confirmation", tool_use_id: id, result: "allow" });
const result = (id: string) => ({ type: "user.custom_tool_result", custom_tool_use_id: id, content: text("Mild.") });

/** The columns: batches of client events. */
export const COLUMNS = {
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
export type Column = keyof typeof COLUMNS;

export type Cell =
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
const WHILE_WAITING = /while the session waits .* must follow a tool result/;
const OVER: Cell = { refusal: Anthropic.ConflictError as never, words: /takes no more events; create a new session/ };

const PAIR = ["session.status_running", "session.thread_status_running"];
const IDLE = ["session.thread_status_idle", "session.usage", "session.status_idle"];
/** A request for which nothing but text comes, and the end of its turn. */
const DONE = ["span.model_request_start", "agent.message", "span.model_request_end", ...IDLE];

type Echo = "stamped" | "pending";
/** Taken, with one echo for all of its events or one for each, and nothing goes on. */
const takes = (echo: Echo | Echo[], ...adds: string[]): Cell => ({ echo: [echo].flat(), adds });
/** Taken, with a turn that ends. */
const runs = (echo: Echo | Echo[], ...adds: string[]): Cell => ({
  ...takes(echo, ...adds, ...DONE),
  until: "session.status_idle",
});
/** An interrupt that settles these, and what it does beside a message. */
const interrupted = (...settled: string[]) => ({
  interrupt: takes("stamped", ...settled, "user.interrupt", ...IDLE),
  "interrupt, message": runs(BOTH, ...settled, "user.interrupt", ...IDLE, ...PAIR, "user.message"),
});
const BOTH: Echo[] = ["stamped", "stamped"];

/** Rows whose session waits for nothing. */
const RESTING: Record<Column, Cell> = {
  message: runs("stamped", ...PAIR, "user.message"),
  "message, system": runs(BOTH, ...PAIR, "user.message", "system.message"),
  outcome: OUTCOME,
  "confirmation, its id": NO_CALL,
  "confirmation, another id": NO_CALL,
  "custom result, its id": NO_CALL,
  "custom result, another id": NO_CALL,
  "custom result, system": NO_CALL,
  "every answer, system": NO_CALL,
  "tool result": NO_CREDENTIAL,
  interrupt: takes("stamped", "user.interrupt"),
  "interrupt, message": runs(BOTH, "user.interrupt", ...PAIR, "user.message"),
  "interrupt, system": FOLLOWS,
  system: takes("pending", "system.message"),
  "system, message": LAST,
};

const RUNNING: Record<Column, Cell> = {
  ...RESTING,
  ...interrupted("span.model_request_end"),
  message: takes("pending", "user.message"),
  "message, system": takes(["pending", "pending"], "user.message", "system.message"),
  system: bad(/^events\[0\]: while the session runs, system\.message must follow/),
};

const RESCHEDULING: Record<Column, Cell> = { ...RUNNING, ...interrupted() };

const WORKING: Record<Column, Cell> = {
  ...RUNNING,
  ...interrupted("user.custom_tool_result", "agent.tool_result"),
  "custom result, its id": takes("stamped", "user.custom_tool_result"),
  "custom result, system": takes(["stamped", "pending"], "user.custom_tool_result", "system.message"),
};

const ASKS = bad(
  /^events\[0\]: .*sevt_\w+, sevt_\w+; send user\.tool_confirmation, user\.custom_tool_result or user\.tool_result.*user\.interrupt/,
);
const ANSWERS = ["user.tool_confirmation", "user.custom_tool_result"];
const WAITING: Record<Column, Cell> = {
  ...RESTING,
  ...interrupted("agent.tool_result", "user.custom_tool_result"),
  message: ASKS,
  "message, system": bad(new RegExp(`^events\\[1\\]: ${WHILE_WAITING.source}`)),
  "confirmation, its id": takes("stamped", "user.tool_confirmation", ...IDLE),
  "custom result, its id": takes("pending", "user.custom_tool_result"),
  "custom result, system": takes(["pending", "pending"], "user.custom_tool_result", "system.message"),
  "every answer, system": runs([...BOTH, "pending"], ...ANSWERS, ...PAIR, "agent.tool_result", "system.message"),
  system: bad(new RegExp(`^events\\[0\\]: ${WHILE_WAITING.source}`)),
};

/** The shape and the credential are judged before the session is asked. */
const CLOSED = Object.fromEntries(
  Object.entries(RESTING).map(([column, cell]) => {
    const sooner = [OUTCOME, NO_CREDENTIAL, FOLLOWS, LAST].includes(cell);
    return [column, sooner ? cell : OVER];
  }),
) as Record<Column, Cell>;

export const TABLE: Record<StateName, Record<Column, Cell>> = {
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
