/** Pages of other origins: which may call, by the setting CORS_ORIGINS. None may unless it names them. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { ApiError } from "../../protocol/errors.ts";
import type { AppContext, AppEnv } from "../context.ts";

/** What a page's program may read beside the body: what the SDK looks at. */
const EXPOSED = ["request-id", "retry-after", "x-should-retry", "anthropic-workspace-id"];
/** How long a browser may go without asking again; browsers cap it themselves. */
const PREFLIGHT_SECONDS = 600;

/** The last value of CORS_ORIGINS and what it means: parsed and complained about once per isolate and value. */
let parsed: { text: string; origins: string[] } | null = null;

/**
 * Answers preflights and marks responses, errors and streams included, for the origins of the list. Any header may be asked for: a page sends no
 * credential but the one that it holds, since cookies mean nothing here. An upgrade passes untouched: browsers do not ask for sockets, and a
 * copy of the response would lose the socket (`checkOrigin` stands there).
 */
export const browsers: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origins = allowedOrigins(c);
  if (origins.length === 0 || c.req.header("upgrade") !== undefined) return next();
  return cors({
    origin: origins,
    allowMethods: ["GET", "POST", "PUT", "DELETE"],
    exposeHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  })(c, next);
};

/**
 * Refuses a socket, or a stream by ticket, of a page that is not on the list. A browser names the page's origin; programs send none, and our own
 * pages may.
 */
export function checkOrigin(c: AppContext): void {
  const origin = c.req.header("origin");
  if (origin === undefined || origin === new URL(c.req.url).origin || allowedOrigins(c).includes(origin)) return;
  const message = "origin: this page's origin may not do this; the operator lists allowed origins in CORS_ORIGINS";
  throw new ApiError({ status: 403, type: "permission_error", message });
}

function allowedOrigins(c: AppContext): string[] {
  const text = c.env.CORS_ORIGINS ?? "";
  if (parsed?.text !== text) {
    const { origins, problems } = parseOrigins(text);
    parsed = { text, origins };
    for (const problem of problems)
      console.error(JSON.stringify({ level: "error", event: "setting", setting: "CORS_ORIGINS", problem }));
  }
  return parsed.origins;
}

/**
 * Exact origins (`https://app.example`), separated by commas or lines; what is none is left out and told. There is no `*`: a list that names
 * its pages is one that somebody has thought about.
 */
export function parseOrigins(text: string): { origins: string[]; problems: string[] } {
  const origins: string[] = [];
  const problems: string[] = [];
  const parts = text.split(/[,\r\n]+/).map((part) => part.trim());
  for (const [i, part] of parts.filter((each) => each !== "").entries()) {
    if (isOrigin(part)) origins.push(part);
    else
      problems.push(
        `entry ${i + 1}: must be scheme://host or scheme://host:port, as the browser's Origin header has it`,
      );
  }
  return { origins, problems };
}

function isOrigin(text: string): boolean {
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
