/** The words that stories are written in. Each returns data; lines, steps and sent events may stand in nested lists. */
import type {
  AgentTools,
  ClientEvent,
  DeltaType,
  Expected,
  ExpectedFrame,
  Line,
  Matcher,
  ModelAnswer,
  Name,
  Refusal,
  Sent,
  Step,
  StopDetails,
  StopReason,
  Story,
  StoryAgent,
} from "./format.ts";

type Nested<T> = T | readonly Nested<T>[];
/** A sent event stands for the line that it becomes. */
export type Lines = Nested<Line | Sent>;
type Frames = Nested<ExpectedFrame | Sent>;
/** A sent event stands for a POST of it alone, a list of them for one POST. */
type Steps = readonly (Step | Sent | Sent[])[];

interface Written extends Partial<StoryAgent> {
  script?: ModelAnswer[];
  /** Without a `create` at their head they begin with a plain one. */
  steps: Steps;
  expected: Lines;
  stream?: Frames;
}

/** A story; its agent has no tools unless it says so. */
export function story(name: string, source: string, written: Written): Story {
  const { script = [], steps: given, expected, stream, tools = [], ...agent } = written;
  const steps = given.map((step): Step => (Array.isArray(step) ? send(...step) : "event" in step ? send(step) : step));
  return {
    name,
    source,
    agent: { tools, ...agent },
    script,
    steps: steps[0]?.do === "create" ? steps : [{ do: "create" }, ...steps],
    expected: log(expected),
    ...(stream ? { stream: log(stream) } : {}),
  };
}

/** One flat list; the model requests in it are numbered in order, `@span1` first. */
function log<T extends Line | ExpectedFrame>(lines: Nested<T | Sent>): T[] {
  const flat = flatten(lines).map((line) => ("event" in line && !("type" in line) ? (logged(line) as T) : (line as T)));
  let spans = 0;
  return flat.map((line) => {
    if (!("type" in line)) return line;
    if (line.type === "span.model_request_start") return { ...line, id: `@span${++spans}` };
    return line.type === "span.model_request_end" ? { ...line, model_request_start_id: `@span${spans}` } : line;
  });
}

/** What the lines are, for a test that looks at nothing else. */
export const typesOf = (...lines: Lines[]): string[] =>
  log<Line>(lines).flatMap((line) => ("type" in line ? [line.type] : typesOf(line.repeat)));

function flatten<T>(lines: Nested<T>): T[] {
  return Array.isArray(lines) ? lines.flatMap(flatten<T>) : [lines as T];
}

/** spec/core.md §4.1: session first, then thread. */
export const RUNNING: Expected[] = [{ type: "session.status_running" }, { type: "session.thread_status_running" }];
export const RESCHEDULED: Expected[] = [
  { type: "session.status_rescheduled" },
  { type: "session.thread_status_rescheduled" },
];

/** spec/core.md §4.6: thread, usage, session; `stop_details` null except for a refusal. */
export function idle(stop_reason: StopReason, stop_details: StopDetails | null = null): Expected[] {
  const why = { stop_reason: { ...stop_reason }, stop_details: stop_details && { ...stop_details } };
  return [
    { type: "session.thread_status_idle", ...why },
    { type: "session.usage" },
    { type: "session.status_idle", ...why },
  ];
}
export const END_TURN = idle({ type: "end_turn" });
export const EXHAUSTED = idle({ type: "retries_exhausted" });
export const waitsFor = (...event_ids: Name[]): Expected[] => idle({ type: "requires_action", event_ids });

export const start = (id: Name): Expected => ({ type: "span.model_request_start", id });
export const failed = (of: Name): Expected => ({ ...END, model_request_start_id: of, is_error: true });
export const START = start("@span");
const END: Expected = { type: "span.model_request_end", model_request_start_id: "@span", is_error: false };
/** A model request: its start, what the model said, its end. */
export const request = (...lines: Expected[]): Expected[] => [START, ...lines, END];
/** One that ended without a response. */
export const FAILED: Expected[] = [START, failed("@span")];
/** A group of lines that comes so often or more. */
export const repeats = (at_least: number, lines: Lines): Line => ({ repeat: flatten(lines) as Expected[], at_least });
export const THINKING: Expected = { type: "agent.thinking" };
export const says = (text: string, id?: Name): Expected => ({
  type: "agent.message",
  ...(id ? { id } : {}),
  content: [{ type: "text", text }],
});
export const error = (type: string, retry: "retrying" | "exhausted" | "terminal"): Expected => ({
  type: "session.error",
  error: { type, retry_status: { type: retry }, message: { contains: "" } },
});
export const updated = (fields: Record<string, Matcher> = {}): Expected => ({ type: "session.updated", ...fields });

export const bash = (id: Name, command: string, evaluated_permission = "allow"): Expected => ({
  type: "agent.tool_use",
  id,
  name: "bash",
  input: { command },
  evaluated_permission,
});
export const custom = (id: Name, input: Record<string, Matcher> = {}): Expected => ({
  type: "agent.custom_tool_use",
  id,
  name: LOOKUP,
  input,
});
/** A result that worked. */
export const gives = (tool_use_id: Name, text: string): Expected => ({
  type: "agent.tool_result",
  tool_use_id,
  content: [{ type: "text", text: { contains: text } }],
});
export const fails = (tool_use_id: Name, text: string): Expected => ({ ...gives(tool_use_id, text), is_error: true });
/** What the session writes in the client's place for a custom call that nobody will answer. */
export const unanswered = (custom_tool_use_id: Name): Expected => ({
  type: "user.custom_tool_result",
  custom_tool_use_id,
  is_error: true,
});

/** Frames of a preview. */
export const begins = (id: Name, type: DeltaType): ExpectedFrame => ({ type: "event_start", event: { id, type } });
export const delta = (event_id: Name, text: string): ExpectedFrame => ({ type: "event_delta", event_id, text });

/** The client's events, to send and to expect. */
export const message = (as: Name, text: string): Sent => ({
  as,
  event: { type: "user.message", content: [{ type: "text", text }] },
});
export const systemMessage = (as: Name, text: string): Sent => ({
  as,
  event: { type: "system.message", content: [{ type: "text", text }] },
});
export const interrupt = (as: Name): Sent => ({ as, event: { type: "user.interrupt" } });
export const allow = (as: Name, tool_use_id: Name): Sent => ({
  as,
  event: { type: "user.tool_confirmation", tool_use_id, result: "allow" },
});
export const deny = (as: Name, tool_use_id: Name, deny_message: string): Sent => ({
  as,
  event: { type: "user.tool_confirmation", tool_use_id, result: "deny", deny_message },
});
export const answer = (as: Name, custom_tool_use_id: Name, text: string): Sent => ({
  as,
  event: { type: "user.custom_tool_result", custom_tool_use_id, content: [{ type: "text", text }] },
});
/** The line that a sent event becomes. */
export const logged = ({ as, event }: Sent): Expected => ({
  ...asData(event),
  type: event.type,
  ...(as ? { id: as } : {}),
});
/** The line while it waits to be read. */
export const waiting = (sent: Sent): Expected => ({ ...logged(sent), pending: true });

const asData = (event: ClientEvent): Record<string, Matcher> =>
  JSON.parse(JSON.stringify(event)) as Record<string, Matcher>;

/** Steps. */
export const born = (...initial_events: Sent[]): Step => ({ do: "create", initial_events });
const send = (...events: Sent[]): Step => ({ do: "send", events });
/** A POST whose answer shows all its events stamped, or all of them pending. */
export const stamped = (...events: Sent[]): Step => ({ do: "send", events, echo: events.map(() => "stamped") });
export const queued = (...events: Sent[]): Step => ({ do: "send", events, echo: events.map(() => "pending") });
export const refused = (event: Sent, refusal: Refusal): Step => ({ do: "send", events: [event], refused: refusal });
export const connect = (...event_deltas: DeltaType[]): Step => ({ do: "connect", event_deltas });
export const until = (type: Extract<Step, { do: "wait" }>["type"], count = 1): Step => ({ do: "wait", type, count });
export const idles = (count: number): Step => until("session.status_idle", count);
export const HELD: Step = { do: "wait_held" };
export const RELEASE: Step = { do: "release" };
export const tail = (...lines: Lines[]): Step => ({ do: "expect_tail", lines: log(lines) as Expected[] });
export const reads = (status: Extract<Step, { do: "expect_status" }>["status"]): Step => ({
  do: "expect_status",
  status,
});
export const update = (params: Extract<Step, { do: "update" }>["params"], refusal?: Refusal): Step => ({
  do: "update",
  params,
  ...(refusal ? { refused: refusal } : {}),
});

/** Model answers. */
export const text = (words: string): ModelAnswer => ({
  blocks: [{ type: "text", text: words }],
  stop_reason: "end_turn",
});
export const calls = (...blocks: ModelAnswer["blocks"]): ModelAnswer => ({ blocks, stop_reason: "tool_use" });
export const cut = (...blocks: ModelAnswer["blocks"]): ModelAnswer => ({ blocks, stop_reason: "max_tokens" });
export const refuses = (status: number, type: string, message?: string): ModelAnswer => ({
  blocks: [],
  stop_reason: "",
  error: { status, type, ...(message ? { message } : {}) },
});
export const held = (one: ModelAnswer): ModelAnswer => ({ ...one, hold: "start" });
export const callBash = (as: Name, command: string): ModelAnswer["blocks"][number] => ({
  type: "tool_use",
  as,
  name: "bash",
  input: { command },
});
export const callLookup = (as: Name, input: Record<string, unknown> = {}): ModelAnswer["blocks"][number] => ({
  type: "tool_use",
  as,
  name: LOOKUP,
  input,
});

/** Tools. */
const LOOKUP = "lookup";
export const SANDBOX: AgentTools = [{ type: "agent_toolset_20260401" }];
/** Every sandbox tool asks first. */
export const ASKING: AgentTools = [
  { type: "agent_toolset_20260401", default_config: { permission_policy: { type: "always_ask" } } },
];
/** `bash` asks, `read` and `write` do not. */
export const BASH_ASKS: AgentTools = [
  { type: "agent_toolset_20260401", configs: [{ name: "bash", permission_policy: { type: "always_ask" } }] },
];
export const CUSTOM: AgentTools = [
  { type: "custom", name: LOOKUP, description: "Looks a word up.", input_schema: { type: "object" } },
];
