/**
 * The query strings of the lists and the stream (spec/core.md §1.8, §1.9), as functions from `URLSearchParams`. An unknown parameter is refused: a
 * filter that is dropped in silence answers with the wrong rows. `beta` alone is let through, since SDKs before 1.3.0 append it to every request.
 */
import { z } from "zod";
import { invalid, type Outcome } from "./errors.ts";
import { DELTA_TYPES, EVENT_TYPES } from "./events.ts";
import { LIFECYCLES } from "./models.ts";
import { SESSION_STATUSES } from "./sessions.ts";
import { check } from "./validation.ts";

/** Rows of a page: when not asked for, and at most. @inferred for sessions and environments, and the maximum of events */
export const PAGE_LIMITS = {
  agents: { usual: 20, max: 100 },
  environments: { usual: 20, max: 100 },
  sessions: { usual: 20, max: 100 },
  events: { usual: 1_000, max: 1_000 },
  threads: { usual: 1_000, max: 1_000 },
  models: { usual: 20, max: 1_000 },
} as const;
/** What an event list may be filtered by, as the SDK types it: `session.deleted` is never in a list. */
const LISTED_TYPES = EVENT_TYPES.filter((type) => type !== "session.deleted");
/** Values of `event_deltas[]`, repetitions included. */
export const MAX_EVENT_DELTAS = 100;

const DIGITS = /^[0-9]{1,15}$/;
/** RFC 3339 with any fraction and any offset. */
const TIME = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** Microseconds since 1970, or null; digits beyond the sixth are dropped. */
export function microseconds(time: string): number | null {
  const [, seconds, fraction = "", zone] = TIME.exec(time) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(ms) ? null : ms * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

const whole = z.string().regex(DIGITS, "must be a whole number").transform(Number);
const bounded = (min: number, max: number) =>
  whole
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`)
    .meta({ type: "integer", minimum: min, maximum: max });
const limit = ({ usual, max }: { usual: number; max: number }) =>
  bounded(1, max).default(usual).meta({ default: usual });
/** The SDK sends `page=` for a null cursor: the first page. */
const page = z
  .string()
  .transform((cursor) => cursor || undefined)
  .optional();
const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .default(false)
  .meta({ type: "boolean", default: false });
const order = (usual: "asc" | "desc") => z.enum(["asc", "desc"]).default(usual);
const filter = z.string().min(1, "must not be empty").optional();
const time = z
  .string()
  .transform((value, ctx) => {
    const found = microseconds(value);
    if (found !== null) return found;
    ctx.addIssue("must be an RFC 3339 time such as 2026-11-22T10:00:00Z");
    return z.NEVER;
  })
  .meta({ format: "date-time" })
  .optional();

/** Any of these values; saying one twice says it once. */
const anyOf = <const T extends readonly string[]>(values: T) =>
  z
    .array(z.enum(values))
    .transform((list) => [...new Set(list)])
    .optional();

const within = { "created_at[gt]": time, "created_at[gte]": time, "created_at[lt]": time, "created_at[lte]": time };

/** Exclusive and inclusive bounds in microseconds; absent ones are undefined. */
type Bounds = { [K in keyof typeof within]?: number };
const bounds = (query: Bounds) => ({
  gt: query["created_at[gt]"],
  gte: query["created_at[gte]"],
  lt: query["created_at[lt]"],
  lte: query["created_at[lte]"],
});

const AgentList = z
  .strictObject({
    limit: limit(PAGE_LIMITS.agents),
    page,
    include_archived: flag,
    "created_at[gte]": time,
    "created_at[lte]": time,
  })
  .transform(({ limit, page, include_archived, ...times }) => ({ limit, page, include_archived, ...bounds(times) }));

const VersionList = z.strictObject({ limit: limit(PAGE_LIMITS.agents), page });
const EnvironmentList = z.strictObject({ limit: limit(PAGE_LIMITS.environments), page, include_archived: flag });
const AgentGet = z.strictObject({ version: bounded(1, Number.MAX_SAFE_INTEGER).optional() });

const SessionList = z
  .strictObject({
    limit: limit(PAGE_LIMITS.sessions),
    page,
    order: order("desc"),
    include_archived: flag,
    "statuses[]": anyOf(SESSION_STATUSES),
    agent_id: filter,
    agent_version: bounded(1, Number.MAX_SAFE_INTEGER).optional(),
    deployment_id: filter,
    memory_store_id: filter,
    ...within,
  })
  .transform(({ limit, page, order, include_archived, "statuses[]": statuses, ...rest }) => {
    const { agent_id, agent_version, deployment_id, memory_store_id, ...times } = rest;
    const filters = { agent_id, agent_version, deployment_id, memory_store_id, statuses };
    return { limit, page, order, include_archived, ...filters, ...bounds(times) };
  });

const EventList = z
  .strictObject({
    limit: limit(PAGE_LIMITS.events),
    page,
    order: order("asc"),
    "types[]": anyOf(LISTED_TYPES),
    ...within,
  })
  .transform(({ limit, page, order, "types[]": types, ...times }) => ({ limit, page, order, types, ...bounds(times) }));

const ThreadList = z
  .strictObject({
    limit: limit(PAGE_LIMITS.threads),
    page,
    "statuses[]": anyOf(SESSION_STATUSES),
  })
  .transform(({ limit, page, "statuses[]": statuses }) => ({ limit, page, statuses }));

const ThreadEventList = z.strictObject({ limit: limit(PAGE_LIMITS.events), page });

const ModelList = z
  .strictObject({
    limit: limit(PAGE_LIMITS.models),
    before_id: filter,
    after_id: filter,
    "lifecycle[]": anyOf(LIFECYCLES),
  })
  .refine((query) => !query.before_id || !query.after_id, {
    message: "cannot be combined with after_id; send one of the two",
    path: ["before_id"],
  })
  .transform(({ "lifecycle[]": lifecycle, ...rest }) => ({ ...rest, lifecycle }));

const after = whole.meta({ type: "integer", minimum: 0, description: "The id of the event to go on from." }).optional();

const Stream = z
  .strictObject({
    "event_deltas[]": z
      .array(z.enum(DELTA_TYPES))
      .max(MAX_EVENT_DELTAS, `must have at most ${MAX_EVENT_DELTAS} values`)
      .default([]),
    after,
  })
  .transform((query) => ({ event_deltas: [...new Set(query["event_deltas[]"])], after: query.after }));

const Socket = z.strictObject({
  after,
  deltas: z.string().meta({ description: "As `event_deltas[]`, joined by commas." }).optional(),
});

const None = z.strictObject({});

/** A parameter whose name ends in `[]` is an array; any other is sent once. */
function read<S extends z.ZodType>(schema: S, params: URLSearchParams): Outcome<z.output<S>> {
  const names = [...new Set(params.keys())].filter((name) => name !== "beta");
  const given = (name: string) => (name.endsWith("[]") ? params.getAll(name) : params.get(name));
  const outcome = check(schema, Object.fromEntries(names.map((name) => [name, given(name)])));
  const twice = names.find((name) => !name.endsWith("[]") && params.getAll(name).length > 1);
  if (!outcome.ok || twice === undefined) return outcome;
  return { ok: false, error: invalid(`${twice}: sent ${params.getAll(twice).length} times; send it once`) };
}

/** `schema` is for the API's definition; what its `meta` says stands there in place of the string that a query string is made of. */
const reader = <S extends z.ZodType>(schema: S) =>
  Object.assign((params: URLSearchParams) => read(schema, params), { schema });

export const agentListQuery = reader(AgentList);
export const agentVersionListQuery = reader(VersionList);
export const agentGetQuery = reader(AgentGet);
export const environmentListQuery = reader(EnvironmentList);
export const sessionListQuery = reader(SessionList);
export const eventListQuery = reader(EventList);
export const threadListQuery = reader(ThreadList);
export const threadEventListQuery = reader(ThreadEventList);
export const modelListQuery = reader(ModelList);
export const streamQuery = reader(Stream);
export const socketQuery = reader(Socket);
/** For routes that take no parameter at all. */
export const noQuery = reader(None);
