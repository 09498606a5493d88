/**
 * The service itself. `/openapi.json` is public, as README is: it tells what the API is, nothing of what is stored. `/docs` is the same as a page;
 * its program and style (`src/console/docs.ts`) are packed into modules of the Worker by the build. As the platform's static files they would cost
 * every request of every route its way through the platform's router.
 */
import type { MiddlewareHandler } from "hono";
import style from "../../../dist/docs.css.bin";
import program from "../../../dist/docs.js.bin";
import { Healthy } from "../../protocol/health.ts";
import type { AppEnv } from "../context.ts";
import { definition } from "../openapi.ts";
import { type Route, route } from "../route.ts";
import { SERVICE } from "./groups.ts";

/** Nothing from elsewhere, no inline script or style; requests to this service alone, for "Try it out". */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sinew: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/docs.css">
<script type="module" src="/docs/docs.js"></script>
</head>
<body><main id="docs"><p>The definition is at <a href="/openapi.json">/openapi.json</a>.</p></main></body>
</html>
`;

/** `all` gives every route of the app, these included. */
export function service(all: () => Route[]): Route[] {
  /** Made on the first request of an isolate, so that no other request pays for it. */
  let text: string | null = null;
  return [
    route({
      group: SERVICE,
      method: "GET",
      path: "/healthz",
      id: "getHealth",
      summary: "Whether the service answers",
      answer: Healthy,
      handle: () => ({ ok: true as const }),
    }),
    route({
      group: SERVICE,
      method: "GET",
      path: "/openapi.json",
      id: "getDefinition",
      summary: "This definition",
      answer: "json",
      handle: (c) => {
        text ??= JSON.stringify(definition(all()));
        return c.body(text, 200, { "content-type": "application/json", "cache-control": "no-cache" });
      },
    }),
    route({
      group: SERVICE,
      method: "GET",
      path: "/docs",
      id: "getDocs",
      summary: "This definition as a page for people",
      answer: "html",
      handle: (c) =>
        c.body(PAGE, 200, {
          "content-type": "text/html; charset=utf-8",
          "content-security-policy": POLICY,
          "x-content-type-options": "nosniff",
          "referrer-policy": "no-referrer",
          "cache-control": "no-cache",
        }),
    }),
  ];
}

const DOCS_FILES = new Map([
  ["/docs/docs.js", { gzip: program, type: "text/javascript; charset=utf-8" }],
  ["/docs/docs.css", { gzip: style, type: "text/css; charset=utf-8" }],
]);

/** The two files of the page, which are no routes of the API. */
export const docsFiles: MiddlewareHandler<AppEnv> = async (c, next) => {
  const file = c.req.method === "GET" ? DOCS_FILES.get(c.req.path) : undefined;
  if (!file) return next();
  const body = new Blob([file.gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(body, { headers: { "content-type": file.type, "cache-control": "no-cache" } });
};
