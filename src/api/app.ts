/** The table of contents of the API. */
import { Hono } from "hono";
import { agents } from "./agents.ts";
import { onError } from "./answer.ts";
import { beta } from "./beta.ts";
import type { AppEnv } from "./context.ts";
import { browsers } from "./cors.ts";
import { docs } from "./docs.ts";
import { environments } from "./environments.ts";
import { events } from "./events.ts";
import { noRoute } from "./later.ts";
import { rateLimit } from "./limits.ts";
import { auth, workspaceHeader } from "./middleware/auth.ts";
import { models } from "./models.ts";
import { openapi } from "./openapi.ts";
import { operator } from "./operator.ts";
import { readWhole } from "./readout.ts";
import { requestId } from "./requestid.ts";
import { requestLog } from "./requestlog.ts";
import { sessions } from "./sessions.ts";
import { threads } from "./threads.ts";
import { ticketed } from "./ticketed.ts";
import { version } from "./version.ts";
import { x } from "./x.ts";

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
