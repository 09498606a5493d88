/** The three things a person needs next: the key, a curl, a program. */
import type { Terminal } from "./terminal.ts";

export function nextSteps(at: { url: string; key: string; sessionId: string }, out: Terminal): string {
  return `
${out.bold("Next")}
1. Your development key (kept in .wrangler/development-key):
   ${at.key}

2. The session's log, by curl:
   curl -s "${at.url}/v1/sessions/${at.sessionId}/events?limit=5" \\
     -H "x-api-key: ${at.key}" -H "anthropic-version: 2023-06-01" -H "anthropic-beta: managed-agents-2026-04-01"

3. Your own program, with the official SDK (npm install @anthropic-ai/sdk):
   import Anthropic from "@anthropic-ai/sdk";
   const client = new Anthropic({ baseURL: "${at.url}", apiKey: "${at.key}" });
   for await (const session of client.beta.sessions.list()) console.log(session.id, session.status, session.title);

Serving at ${at.url} until Ctrl-C.`;
}
