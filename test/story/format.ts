/**
 * The form of a golden log: one scripted session and the log that it must leave, written by hand from spec/core.md. Data only: a runner
 * plays `steps` against a real server with the official SDK, the scripted model answering with `script`, and compares the list with
 * `expected` after masking what differs from run to run.
 *
 * Names. A string that starts with `@` stands for an id. It is bound in one of three places and used anywhere else:
 *   - a `tool_use` block of the script (`as`): the n-th tool use of the script is the n-th tool-use event of the log, not counting cut ones without `as`;
 *   - an event of a `create` or `send` step (`as`): the id in the POST's answer (initial events: by their order in the log);
 *   - the `id` of an expected line: the id of whatever event stands there.
 *
 * Comparison. An expected line names the event's type and the fields that matter; other fields are free. A given field must be equal, key for
 * key, except that `contains` stands for any text with that part and `includes` for any object with at least those keys. `processed_at` must be
 * present, or absent where `pending` is set. The whole list must be used up: no event may come that no line stands for. `validateLog` runs over the
 * list as well.
 */
import type Anthropic from "@anthropic-ai/sdk";

export type AgentTools = NonNullable<Anthropic.Beta.AgentCreateParams["tools"]>;
export type ClientEvent = Anthropic.Beta.Sessions.Events.BetaManagedAgentsEventParams;
export type StopReason = Anthropic.Beta.Sessions.Events.BetaManagedAgentsSessionStatusIdleEvent["stop_reason"];
export type StopDetails = Anthropic.Beta.Sessions.Events.BetaManagedAgentsSessionRefusalStopDetails;
export type EventType = Anthropic.Beta.Sessions.Events.BetaManagedAgentsSessionEventType;
export type DeltaType = Anthropic.Beta.Sessions.BetaManagedAgentsDeltaType;

/** `@name`. */
export type Name = `@${string}`;

/** One answer of the scripted model, served in order: the n-th model request gets the n-th answer. */
export interface ModelAnswer {
  blocks: ModelBlock[];
  /** The Messages API's stop reason; ignored when `error` is given. */
  stop_reason: string;
  stop_details?: StopDetails;
  /** An HTTP or stream error instead of an end: `status` answers before any byte; the others break off after the blocks. */
  error?: { status: number; type: string; message?: string } | "cut_stream";
  /** Replaces the server's own counts one by one. */
  usage?: { input_tokens?: number; output_tokens?: number };
  /** Hold the answer until a `release` step or until the request is aborted: before its first byte, or after that many blocks. */
  hold?: "start" | number;
  /** The last answer only: it is served again to every further request. */
  repeat?: true;
}

export type ModelBlock =
  | { type: "text"; text: string }
  /** Empty thinking with a signature, as the newest models send it. */
  | { type: "thinking" }
  /** `as` may be absent where nobody names the call. */
  | { type: "tool_use"; as?: Name; name: string; input: Record<string, unknown> }
  /** A tool use whose JSON breaks off: `partial` is what was sent of it. Without `as` it never becomes an event. */
  | { type: "tool_use_cut"; as?: Name; name: string; partial: string };

/** An event to send. `event` is the SDK's own parameter; ids in it may be names. */
export interface Sent {
  as?: Name;
  event: ClientEvent;
}

/** What a refused call answers; the SDK's error class follows from it. */
export interface Refusal {
  status: number;
  type: string;
  /** `error.details.error_code`, where the rule has one. */
  code?: string;
}

export type Step =
  /** Creates agent, environment and session. Always the first step. */
  | { do: "create"; initial_events?: Sent[] }
  /** Opens the session's stream and collects its frames to the end of the scenario. */
  | { do: "connect"; event_deltas: DeltaType[] }
  /** One POST. `echo` says for each event whether the answer shows it stamped or pending. */
  | { do: "send"; events: Sent[]; echo?: ("stamped" | "pending")[]; refused?: Refusal }
  /** Until the list holds this many events of the type. */
  | { do: "wait"; type: EventType; count: number }
  /** Until the scripted model holds an answer: before its first byte or in its middle. */
  | { do: "wait_held" }
  /** Lets the held answer go on. */
  | { do: "release" }
  /** The list ends, right now, with these lines. */
  | { do: "expect_tail"; lines: Expected[] }
  /** The session reads this status within the time a status may lag (spec/core.md §4.1). */
  | { do: "expect_status"; status: "idle" | "running" | "rescheduling" | "terminated" }
  | { do: "update"; params: Anthropic.Beta.SessionUpdateParams; refused?: Refusal }
  | { do: "archive"; refused?: Refusal }
  /** The last step: afterwards there is no list. */
  | { do: "remove" }
  /** Until the catalog has been told of what happened. */
  | { do: "told" };

export type Matcher =
  | string
  | number
  | boolean
  | null
  | { contains: string }
  | { includes: { [key: string]: Matcher } }
  | Matcher[]
  | { [key: string]: Matcher | undefined };

/** One event of the log. */
export interface Expected {
  type: EventType;
  id?: Name;
  /** The event has no `processed_at` yet. */
  pending?: true;
  [field: string]: Matcher | undefined;
}

/** One event, or a group that stands there at least so many times in a row (for limits whose value is not public). */
export type Line = Expected | { repeat: Expected[]; at_least: number };

/** One frame of the stream. A delta line stands for one or more deltas of that event whose texts together are `text`. */
export type ExpectedFrame =
  | { type: "event_start"; event: { id: Name; type: DeltaType } }
  | { type: "event_delta"; event_id: Name; text: string }
  | Expected;

export interface StoryAgent {
  tools: AgentTools;
  /** The session's own. */
  budget?: Anthropic.Beta.SessionCreateParams["budget"];
  /** Only where the story needs a property of the model; else any model of the scripted server. */
  model?: string;
}

export interface Story {
  name: string;
  /** The sections that say so. */
  source: string;
  agent: StoryAgent;
  script: ModelAnswer[];
  steps: Step[];
  /** The list of the primary thread, ascending, when all steps are done. */
  expected: Line[];
  /** The frames after `connect`, if it matters; stored events and previews in the order they come. */
  stream?: ExpectedFrame[];
}
