/**
 * The registry of stored events: one entry per type, public and internal. What an event is on the wire says `protocol/events.ts`; everything else
 * that the session knows of a type stands here, once: what is read of its body and note, which fields are long, its part in a prompt, whether it
 * is progress, whether it says what was used, and what it does to the state.
 *
 * A type that is not here is one of a later build: it is listed as it was stored and changes nothing but seq and stamp (reliability.md C23).
 */
import { z } from "zod";
import type { EventOf, EventType } from "../protocol/events.ts";
import { StopReason } from "../protocol/session-events.ts";
import * as notes from "./notes.ts";
import type { EventPlace } from "./reductions.ts";
import * as does from "./reductions.ts";
import { PRIMARY, parsed, type Row, typed } from "./rows.ts";
import type { SessionState } from "./state.ts";

/**
 * What an event is in a prompt. `user`, `system`: a turn of its content. `tools`: a system turn of its `wire`, if it has one. `call`: names a call of
 * the response that follows. `result`: a block that answers one. `response`: the model's turn, in its `wire`.
 */
export type PromptRole = "user" | "system" | "tools" | "call" | "result" | "response";

interface Facts<B, N> {
  /** Fields of the body, and of the note, that can be long and that no reduction reads. */
  long?: { body?: string; note?: string };
  prompt?: PromptRole;
  /** Says what was used or what may be: read over the whole of a log that cannot be opened (log/repair.ts). */
  usage?: true;
  /** Input that a model request is made for. */
  wakes?: true;
  /** The body's field that names the call it answers. */
  answers?: "tool_use_id" | "custom_tool_use_id";
  /** A committed response or result: proof that the turn gets on, which ends a crash streak (reliability.md B9). */
  progress?: (body: B) => boolean;
  reduce?: (state: SessionState, body: B, note: N, at: EventPlace) => SessionState;
  /** What a copy of it in the primary thread's list does; `origin` is the id of the event that it copies. */
  copied?: (state: SessionState, origin: string, at: EventPlace) => SessionState;
}

/** An entry, seen from outside: rows in, typed by the entry itself. */
interface EventKind<B, N> extends Pick<Facts<B, N>, "long" | "prompt" | "usage" | "wakes" | "answers"> {
  /** What is read of the body: everything else in it is for clients. */
  readonly body: z.ZodType<B>;
  readonly note: z.ZodType<N>;
  /** Both throw `Corrupted` for a row that does not hold what is read of it. */
  isProgress(row: Row): boolean;
  reduce(state: SessionState, row: Row, given?: Given): SessionState;
}

/** Body and note of a row that was made in this process: they need not be parsed again. */
export interface Given {
  body: object;
  note: object;
}

function kind<B, N>(body: z.ZodType<B>, note: z.ZodType<N>, facts: Facts<B, N> = {}): EventKind<B, N> {
  const { reduce, copied, progress, ...rest } = facts;
  return {
    ...rest,
    body,
    note,
    isProgress: (row) => progress?.(read(row, "body", body)) ?? false,
    reduce: (state, row, given) => {
      if (row.origin !== null) return copied?.(state, row.origin, row) ?? state;
      return reduce?.(state, read(row, "body", body, given), read(row, "note", note, given), row) ?? state;
    },
  };
}

/** Nothing is read of it, so it may be anything. */
const None = z.object({});

/** A column as its type's entry has it. Throws `Corrupted`. */
function read<T>(row: Row, column: "body" | "note", schema: z.ZodType<T>, given?: Given): T {
  if (schema === None) return typed(row, {}, schema);
  return given ? typed(row, given[column], schema) : parsed(row, column, schema);
}

const Idle = z.object({ stop_reason: StopReason });
const ToolUse = z.object({ name: z.string(), evaluated_permission: z.enum(["allow", "ask", "deny"]).optional() });
const ResultOf = { is_error: z.boolean().nullish() };
const always = () => true;

const toolUse = (family: "sandbox" | "custom") =>
  kind(ToolUse, notes.CallNote, {
    long: { body: "input" },
    prompt: "call",
    reduce: (state, { name, evaluated_permission: permission = "allow" }, note, at) =>
      does.callMade(state, at, { family, name, permission }, note),
    copied: (state, origin, at) => does.callCopied(state, origin, at.id),
  });

const toolResult = kind(z.object({ tool_use_id: z.string(), ...ResultOf }), None, {
  answers: "tool_use_id",
  prompt: "result",
  progress: always,
  reduce: (state, body, _, at) => does.callSettled(state, at, body.tool_use_id, body.is_error === true),
});

/** For lists and streams alone. */
const shown = kind(None, None);

/** Every type of the wire has an entry: one that the SDK brings does not compile until it has. */
const WIRE = {
  "user.message": kind(None, None, {
    prompt: "user",
    wakes: true,
    reduce: (state, _, __, at) => does.inputArrived(state, at),
  }),
  "user.interrupt": shown,
  "user.tool_confirmation": kind(
    z.object({ tool_use_id: z.string(), result: z.enum(["allow", "deny"]), deny_message: z.string().nullish() }),
    None,
    { answers: "tool_use_id", reduce: (state, body) => does.callConfirmed(state, body) },
  ),
  "user.custom_tool_result": kind(z.object({ custom_tool_use_id: z.string(), ...ResultOf }), None, {
    answers: "custom_tool_use_id",
    prompt: "result",
    progress: always,
    reduce: (state, body, _, at) => does.callSettled(state, at, body.custom_tool_use_id, body.is_error === true),
  }),
  "user.tool_result": toolResult,
  "user.define_outcome": shown,
  "system.message": kind(None, None, { prompt: "system" }),
  "agent.message": shown,
  "agent.thinking": shown,
  "agent.tool_use": toolUse("sandbox"),
  "agent.tool_result": toolResult,
  "agent.mcp_tool_use": shown,
  "agent.mcp_tool_result": shown,
  "agent.custom_tool_use": toolUse("custom"),
  "agent.thread_context_compacted": shown,
  "agent.thread_message_sent": shown,
  "agent.thread_message_received": kind(None, None, {
    prompt: "user",
    reduce: (state, _, __, at) => does.inputArrived(state, at),
  }),
  "session.status_running": kind(None, notes.RunningNote, {
    usage: true,
    prompt: "tools",
    reduce: (state, _, { tools }, at) => does.sessionRuns(state, at, tools),
  }),
  "session.status_idle": kind(Idle, None, {
    usage: true,
    reduce: (state, { stop_reason }) => ({ ...does.sessionRests(state), stop: stop_reason }),
  }),
  "session.status_rescheduled": kind(None, notes.RescheduledNote, {
    usage: true,
    reduce: (state, _, { due }) => does.retryDue(does.sessionRests(state), PRIMARY, due),
  }),
  "session.status_terminated": kind(None, None, { usage: true, reduce: (state) => does.sessionTerminated(state) }),
  "session.thread_created": kind(
    z.object({ session_thread_id: z.string(), agent_name: z.string() }),
    notes.ThreadNote,
    {
      usage: true,
      long: { note: "agent" },
      reduce: (state, { session_thread_id: id, agent_name: name }, { thread }, { seq }) =>
        does.threadCreated(state, thread, id, name, seq),
    },
  ),
  "session.thread_status_running": kind(None, notes.RunningNote, {
    usage: true,
    prompt: "tools",
    reduce: (state, _, { tools }, at) => does.threadRuns(state, at, tools),
  }),
  "session.thread_status_idle": kind(Idle, None, {
    usage: true,
    reduce: (state, { stop_reason }, _, at) => does.threadIdles(state, at, stop_reason),
  }),
  "session.thread_status_rescheduled": kind(None, notes.RescheduledNote, {
    usage: true,
    reduce: (state, _, { due }, at) => does.threadRescheduled(state, at, due),
  }),
  "session.thread_status_terminated": kind(None, None, {
    usage: true,
    reduce: (state, _, __, at) => does.threadTerminated(state, at),
  }),
  "session.error": shown,
  "session.usage": shown,
  "session.updated": kind(None, notes.UpdateNote, {
    usage: true,
    long: { body: "agent" },
    reduce: (state, _, note, at) => does.sessionUpdated(state, at, note),
  }),
  "session.deleted": shown,
  "span.model_request_start": kind(None, notes.RequestNote, {
    reduce: (state, _, note, at) => does.requestOpened(state, at, note),
  }),
  "span.model_request_end": kind(z.object({ is_error: z.boolean().nullable() }), notes.ResponseNote, {
    usage: true,
    prompt: "response",
    progress: ({ is_error }) => is_error === false,
    reduce: (state, { is_error }, note, at) => does.requestClosed(state, at, note, is_error === true),
  }),
  "span.outcome_evaluation_start": shown,
  "span.outcome_evaluation_ongoing": shown,
  "span.outcome_evaluation_end": shown,
  "workflow_run.created": shown,
  "workflow_run.status_running": shown,
  "workflow_run.status_idle": shown,
  "workflow_run.status_ended": shown,
  "workflow_run.error": shown,
  "workflow_run.phase_started": shown,
  "workflow_run.phase_ended": shown,
} satisfies Record<EventType, object>;

/** Rows of the log's own, never listed and in no prompt. Their bodies are all that is said of them. */
const INTERNAL_KINDS = {
  "x.dispatch": kind(z.object({ call: z.string() }), None, {
    reduce: (state, { call }) => does.callDispatched(state, call),
  }),
  /** The machine was asked for; absent `thread`: by the primary thread. */
  "x.provision": kind(z.object({ thread: z.int().optional() }), None, {
    reduce: (state, { thread = PRIMARY }) => does.machineProvisioned(state, thread),
  }),
  "x.prefix_changed": kind(
    z.object({ reason: z.string(), before: z.string().optional(), after: z.string().optional() }),
    None,
  ),
  "x.duplicate_suppressed": kind(z.object({ ids: z.array(z.string()) }), None),
  "x.clock": kind(z.object({ behind_micros: z.number() }), None),
  "x.sealed": kind(z.object({ boots: z.int() }), None),
  "x.archived": kind(None, None, {
    reduce: (state, _, __, { ts }) => ({ ...does.sessionRests(state), archivedAt: ts }),
  }),
  "x.deleting": kind(None, None, { reduce: (state) => ({ ...does.sessionRests(state), deleting: true }) }),
};

const KINDS: Record<string, EventKind<unknown, unknown>> = { ...WIRE, ...INTERNAL_KINDS };

/** What there is to know of a type; undefined for one of a later build. */
export function eventKind(type: string): EventKind<unknown, unknown> | undefined {
  return Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
}

/** The types of which something is so, sorted: for statements that have to name them. */
export function typesWhere(is: (kind: EventKind<unknown, unknown>) => boolean): string[] {
  return Object.keys(KINDS).filter((type) => is(KINDS[type] as EventKind<unknown, unknown>));
}

export type InternalType = keyof typeof INTERNAL_KINDS;
export type StoredType = EventType | InternalType;

/** The body that an event of this type is written with: on the wire everything but what the log adds. */
export type BodyOf<T extends StoredType> = T extends EventType
  ? Omit<EventOf<T>, "id" | "type" | "processed_at" | "content">
  : T extends InternalType
    ? z.output<(typeof INTERNAL_KINDS)[T]["body"]>
    : never;

/** What is kept for ourselves beside it. */
export type NoteOf<T extends StoredType> = T extends EventType ? z.output<(typeof WIRE)[T]["note"]> : object;
