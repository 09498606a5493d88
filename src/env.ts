import type { Sandbox } from "./hands/sandbox/sandbox.ts";
import type { SessionObject } from "./session/session.ts";

/**
 * What the platform gives this Worker. Seen only by `index.ts`, `api/` and the constructors of the Durable Objects;
 * everything below them receives narrow objects (a lint holds this). Every field is documented in README, "Configuration".
 */
export interface Env {
  DB: D1Database;
  BLOBS: R2Bucket;
  SESSION: DurableObjectNamespace<SessionObject>;
  SANDBOX: DurableObjectNamespace<Sandbox>;
  LOADER: WorkerLoader;
  /** Comma- or line-separated `[workspace/]name:value`; value a key or `sha256:<hex>`. Absent or empty: every request is refused. */
  API_KEYS?: string;
  /** Same form, names without a workspace: who may call `/x/operator`. Absent: nobody. */
  OPERATOR_KEYS?: string;
  /** Count creates and reads per workspace (`api/middleware/rate-limit.ts`). Absent: no request is refused for its number. */
  CREATE_LIMIT?: RateLimit;
  READ_LIMIT?: RateLimit;
  /** "off", or the seconds over which the two count, 10 or 60. Absent: 60. */
  RATE_LIMITS?: string;
  ANTHROPIC_API_KEY?: string;
  ANTHROPIC_BASE_URL?: string;
  /** JSON list of provider rows beside the built-in one; see `brain/providers.ts`. */
  PROVIDERS?: string;
  /** "1" offers the scripted model `rehearsal`. */
  REHEARSAL?: string;
  /** Milliseconds: `first,gap` of the rehearsal's pace; "0,0" in tests. */
  REHEARSAL_PACE?: string;
  /** Milliseconds before a failed model request is tried again; doubles with each failure. Absent: 1000. */
  RETRY_BASE_MS?: string;
  /** Comma- or line-separated exact origins whose pages may call (`api/middleware/cors.ts`). Absent: none. */
  CORS_ORIGINS?: string;
  /** "info" writes one line per request (`api/middleware/request-log.ts`). Absent: server errors alone. */
  LOG?: string;
}
