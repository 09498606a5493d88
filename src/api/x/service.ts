/**
 * `GET /docs`: the definition as a page. The page is this text; its program and style are static files (`src/console/docs.ts`, put into dist/assets
 * by the build), which the platform serves without asking the Worker.
 */
import type { AppContext } from "../context.ts";

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

export function docs(c: AppContext): Response {
  return c.body(PAGE, 200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
  });
}
