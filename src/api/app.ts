/** The table of contents of the API. */
import { Hono } from "hono";
import { beta } from "./beta.ts";
import { readWhole } from "./body/incoming.ts";
import type { AppEnv } from "./context.ts";
import { onError } from "./errors.ts";
import { auth, workspaceHeader } from "./middleware/auth.ts";
import { browsers } from "./middleware/cors.ts";
import { rateLimit } from "./middleware/rate-limit.ts";
import { requestId } from "./middleware/request-id.ts";
import { requestLog } from "./middleware/request-log.ts";
import { ticketed } from "./middleware/ticket.ts";
import { version } from "./middleware/version-beta.ts";
import { openapi } from "./openapi.ts";
import { agents } from "./v1/agents.ts";
import { environments } from "./v1/environments.ts";
import { events } from "./v1/events.ts";
import { models } from "./v1/models.ts";
import { noRoute } from "./v1/not-implemented.ts";
import { sessions } from "./v1/sessions.ts";
import { threads } from "./v1/threads.ts";
import { operator } from "./x/operator.ts";
import { docs } from "./x/service.ts";
import { x } from "./x/socket.ts";

/** Parse, authorize, call one method, answer. The Worker holds nothing between two requests but caches. */
export function createApp(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(onError);
  app.notFound(noRoute);

  app.use(requestId, requestLog, browsers, readWhole);
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/openapi.json", openapi);
  app.get("/docs", docs);

  app.route("/", ticketed);
  app.route("/x/operator", operator);
  app.use("/v1/*", auth, version, rateLimit);
  app.use("/x/*", auth, rateLimit);

  for (const gated of ["agents", "environments", "sessions"]) app.use(`/v1/${gated}/*`, beta);
  for (const named of ["agents", "sessions", "models"]) app.use(`/v1/${named}/*`, workspaceHeader);

  app.route("/v1/agents", agents);
  app.route("/v1/environments", environments);
  app.route("/v1/sessions", sessions);
  app.route("/v1/sessions", events);
  app.route("/v1/sessions", threads);
  app.route("/v1/models", models);
  app.route("/x", x);
  return app;
}
