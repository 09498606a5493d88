/** Controls of the schema and of the rules about single values. */
import { END_TURN, fails, says } from "../../../story/words.ts";
import type { Kind } from "../validator.ts";
import { body, type Control, event } from "./control.ts";
import { SAMPLES } from "./samples.ts";

const KINDS = Object.keys(SAMPLES) as Kind[];
const [, , SESSION_IDLE] = END_TURN;
const idle = SESSION_IDLE ?? { type: "session.status_idle" };

export const VALUE_CONTROLS: Control[] = [
  ...KINDS.map((kind) => body("schema", kind, "/colour", "red", `${kind} with a key that the type does not name`)),
  ...KINDS.map((kind) => {
    const [first = ""] = Object.keys(SAMPLES[kind]);
    return body("schema", kind, `/${first}`, { not: "this" }, `${kind} with a wrong ${first}`);
  }),
  body("schema", "session", "/agent", undefined, "a session without its agent"),
  body("schema", "session", "/agent/model/effort/type", "extreme", "an effort that does not exist"),
  body("schema", "session", "/agent/tools/0/configs/0/name", "read", "a config whose name is not its type"),
  body("schema", "session", "/status", "busy", "a status that does not exist"),
  body("schema", "environment", "/config/packages/npm/0", 5, "a package that is no string"),
  body("schema", "sessions_page", "/prev_page", undefined, "a sessions page without prev_page"),
  body("schema", "agents_page", "/prev_page", null, "another page with prev_page"),
  body("schema", "model", "/allowed_fallback_models", null, "a beta key on a model"),
  body("schema", "events_sent", "/data/0/type", "user.massage", "an event type that does not exist"),
  body("schema", "error", "/error/type", "state_error", "an error type that does not exist"),
  event("schema", says("hello"), "/content/0/citations", null, "a text block with another key"),
  event("schema", says("hello"), "/content/0", { type: "image" }, "an image in an agent.message"),
  event("schema", idle, "/stop_reason/event_ids", [], "event_ids on end_turn"),
  event("schema", idle, "/type", "session.status_sleepy", "an event type that does not exist"),

  body("id-pattern", "session", "/id", "session_01aaaaaaaaaaaaaaaaaaaaaa", "another prefix"),
  body("id-pattern", "session", "/environment_id", "env_01short", "too short"),
  body("id-pattern", "agent", "/id", `agent_01${"a".repeat(23)}`, "25 characters after the underscore"),
  body("id-pattern", "thread", "/id", `sthr_01${"0".repeat(22)}`, "0 is not in base58"),
  body("id-pattern", "environment_deleted", "/id", `env_02${"a".repeat(22)}`, "not 01"),
  body("id-pattern", "error", "/request_id", "req-1", "a request id of another form"),
  event("id-pattern", fails("@tool1", "no"), "/tool_use_id", "toolu_01", "the provider's id in place of the event's"),

  body("timestamp", "session", "/created_at", "2026-11-22 09:00:00Z"),
  body("timestamp", "agent", "/updated_at", "2026-11-22T09:00:00+00:00", "an offset in place of Z"),
  body("timestamp", "environment", "/archived_at", "2026-02-30T09:00:00Z", "a day that does not exist"),

  event("stamp", says("hello"), "/processed_at", "2026-11-22T10:00:00.123Z", "milliseconds"),
  event("stamp", says("hello"), "/processed_at", "2026-11-22T10:00:00.123456+00:00", "an offset in place of Z"),
  event("stamp", { type: "agent.thinking" }, "/processed_at", "2026-11-22T10:00:00Z", "thinking with no decimals"),

  body("pending-omitted", "event", "/processed_at", null, "null in place of an absent key"),
  event("text-nonempty", says("hello"), "/content/0/text", "", "an empty text block"),
  event("text-nonempty", fails("@tool1", "no"), "/content/0/text", "", "an empty text block in a result"),
  body("money", "session", "/usage/list_cost/amount", "0.12", "a fraction of a cent"),
  body("money", "session", "/usage/list_cost/amount", "012", "a leading zero"),
  event("message-content", says("hello"), "/content", [], "a message with no content"),
  event("stop-details", idle, "/stop_details", { type: "refusal", category: null, explanation: null }, "not refused"),
  event("stop-details", idle, "/stop_reason/type", "refusal", "refused, but no details"),
];
