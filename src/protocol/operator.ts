/** What an operator sends to `/x/operator` and is shown. An operator's words are for people: they stand in refusals that clients read. */
import { z } from "zod";
import { NonEmpty, Timestamp, text } from "./fields.ts";
import { SessionHealth } from "./health.ts";
import { SessionStatus } from "./sessions.ts";

/** Characters of the reason of a stop. */
const MAX_REASON = 300;
/** More than a million sessions, or ten million dollars a day, is a slip of the hand. */
const MAX_RUNNING = 1_000_000;
const MAX_CENTS = 1_000_000_000;

/** A workspace's name, or `*` for every workspace. Never left out: stopping everything should not happen by forgetting a word. */
const Target = NonEmpty;

export const StopParams = z.strictObject({ workspace: Target, reason: text(1, MAX_REASON) });
export const StartParams = z.strictObject({ workspace: Target });

const cap = (max: number) => z.number().int().min(0).max(max).nullable().optional();

/** A field that is left out stays; null takes the limit away, and then that of `*` counts. */
export const LimitParams = z.strictObject({
  workspace: Target,
  running_sessions: cap(MAX_RUNNING),
  cents_per_day: cap(MAX_CENTS),
});
export type LimitParams = z.infer<typeof LimitParams>;

/** A credential's name as API_KEYS has it, `[workspace/]name`; never its value. */
export const KeyParams = z.strictObject({ name: NonEmpty });

/** A session of any workspace. */
export const InterruptParams = z.strictObject({ session_id: NonEmpty });

/** Whole cents. */
const ListCost = z.object({ amount: z.string(), currency: z.literal("USD") });
const WorkspaceLimits = z.object({ running_sessions: z.number().nullable(), cents_per_day: z.number().nullable() });
const Stopped = z.object({ reason: z.string(), operator: z.string(), at: Timestamp });

export const WorkspaceStatus = z.object({
  workspace: z.string(),
  /** Its own stop; one of every workspace stands in `everyone`. */
  stopped: Stopped.nullable(),
  running_sessions: z.number(),
  /** List cost of this UTC day. */
  spent_today: ListCost,
  /** What counts: its own limits, else those of `*`. */
  limits: WorkspaceLimits,
  keys: z.array(z.string()),
  revoked_keys: z.array(z.object({ name: z.string(), operator: z.string(), at: Timestamp })),
});
export type WorkspaceStatus = z.infer<typeof WorkspaceStatus>;

const Action = z.object({
  at: Timestamp,
  operator: z.string(),
  action: z.string(),
  target: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

/** The answer of `GET /x/operator/status`. */
export const OperatorStatus = z.object({
  type: z.literal("operator_status"),
  now: Timestamp,
  /** When the day of `spent_today` ends. */
  day_ends_at: Timestamp,
  everyone: z.object({ stopped: Stopped.nullable(), limits: WorkspaceLimits }),
  workspaces: z.array(WorkspaceStatus),
  /** The ten sessions that cost most this UTC day, the dearest first; deleted ones are not among them. */
  dearest_sessions: z.array(
    z.object({ id: z.string(), workspace: z.string(), status: SessionStatus, spent_today: ListCost }),
  ),
  /** The newest first. */
  recent_actions: z.array(Action),
});
export type OperatorStatus = z.infer<typeof OperatorStatus>;

/** By then every isolate of the Worker knows of the change. */
const Effective = { effective_within_seconds: z.number() };

/** The answer of `POST /x/operator/stop`: what D1 knew to run when the switch was thrown, at most the first hundred by name. */
export const StopAnswer = z.object({
  type: z.literal("operator_stop"),
  workspace: z.string(),
  reason: z.string(),
  running_sessions: z.number(),
  sessions: z.array(z.object({ id: z.string(), workspace: z.string() })),
  ...Effective,
});
export type StopAnswer = z.infer<typeof StopAnswer>;

export const StartAnswer = z.object({
  type: z.literal("operator_start"),
  workspace: z.string(),
  was_stopped: z.boolean(),
  ...Effective,
});
export type StartAnswer = z.infer<typeof StartAnswer>;

/** What was changed, not what counts now: that is in the status. */
export const LimitAnswer = z.object({
  type: z.literal("operator_limits"),
  workspace: z.string(),
  running_sessions: z.number().nullable().optional(),
  cents_per_day: z.number().nullable().optional(),
  ...Effective,
});
export type LimitAnswer = z.infer<typeof LimitAnswer>;

/** `was_revoked`: before this request. */
export const KeyAnswer = z.object({
  type: z.literal("operator_key"),
  name: z.string(),
  revoked: z.boolean(),
  was_revoked: z.boolean(),
  ...Effective,
});
export type KeyAnswer = z.infer<typeof KeyAnswer>;

/** The answer of `GET /x/operator/sessions/{id}/health`. */
export const OperatorSession = z.object({
  type: z.literal("operator_session"),
  id: z.string(),
  workspace: z.string(),
  health: SessionHealth,
});
export type OperatorSession = z.infer<typeof OperatorSession>;

/** The answer of `POST /x/operator/interrupt`: the status before, and now. */
export const InterruptAnswer = z.object({
  type: z.literal("operator_interrupt"),
  session_id: z.string(),
  workspace: z.string(),
  was: SessionStatus,
  status: SessionStatus,
});
export type InterruptAnswer = z.infer<typeof InterruptAnswer>;
