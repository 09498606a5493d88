/** Which kind of body each route answers with: what a response is checked against follows from the request alone. */
import type { Kind } from "../validator/kinds.ts";

const ID = "[^/]+";
const ROUTES: [string, Kind][] = [
  ["POST /v1/agents", "agent"],
  ["GET /v1/agents", "agents_page"],
  [`(GET|POST) /v1/agents/${ID}`, "agent"],
  [`POST /v1/agents/${ID}/archive`, "agent"],
  [`GET /v1/agents/${ID}/versions`, "agents_page"],
  ["POST /v1/environments", "environment"],
  ["GET /v1/environments", "environments_page"],
  [`(GET|POST) /v1/environments/${ID}`, "environment"],
  [`DELETE /v1/environments/${ID}`, "environment_deleted"],
  [`POST /v1/environments/${ID}/archive`, "environment"],
  ["POST /v1/sessions", "session"],
  ["GET /v1/sessions", "sessions_page"],
  [`(GET|POST) /v1/sessions/${ID}`, "session"],
  [`DELETE /v1/sessions/${ID}`, "session_deleted"],
  [`POST /v1/sessions/${ID}/archive`, "session"],
  [`POST /v1/sessions/${ID}/events`, "events_sent"],
  [`GET /v1/sessions/${ID}/events`, "events_page"],
  [`GET /v1/sessions/${ID}/threads`, "threads_page"],
  [`GET /v1/sessions/${ID}/threads/${ID}`, "thread"],
  [`GET /v1/sessions/${ID}/threads/${ID}/events`, "events_page"],
  ["GET /v1/models", "beta_models_page"],
  [`GET /v1/models/${ID}`, "beta_model"],
];
const PATTERNS = ROUTES.map(([route, kind]) => ({ pattern: new RegExp(`^${route}$`), kind }));

/** Null: no route of this version answers that way. */
export function kindOf(method: string, path: string, status: number): Kind | null {
  if (status >= 400) return "error";
  return PATTERNS.find(({ pattern }) => pattern.test(`${method} ${path}`))?.kind ?? null;
}

/** Whether a successful GET of this path is an event stream. */
export function isStream(path: string): boolean {
  return /^\/v1\/sessions\/[^/]+\/(events|threads\/[^/]+)\/stream$/.test(path);
}
