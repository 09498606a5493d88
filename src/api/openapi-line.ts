/** What one line of the table of routes says (openapi-routes.ts). */
import type { z } from "zod";

export const TAGS = {
  Agents: "Versioned definitions: a model, a system prompt and tools.",
  Environments: "Where the tools of a session run.",
  Sessions: "One agent at work in an environment.",
  Events: "The append-only log of a session: send, list, stream.",
  Threads: "The conversations inside a session.",
  Models: "What an agent may name.",
  "Beyond the wire": "`/x`: what Sinew has and the hosted API does not.",
  Operator: "`/x/operator`: switches for whoever runs this deployment, with a key of OPERATOR_KEYS.",
  Service: "The service itself. No key is needed.",
} as const;

export type Format = "events" | "bytes" | "socket" | "json" | "html";

export interface RouteLine {
  /** `METHOD /path`, parameters in braces. */
  route: `${"GET" | "POST" | "PUT" | "DELETE"} /${string}`;
  /** The operationId. */
  id: string;
  tag: keyof typeof TAGS;
  summary: string;
  description?: string;
  query?: z.ZodType;
  body?: z.ZodType | "bytes";
  /** An example of the body. */
  example?: unknown;
  /** The body of a success; `later`: the route exists only to say that it is not there yet. */
  answer: z.ZodType | Format | "later";
  /** Statuses of refusals beside those that every route of its kind has. */
  refusals?: number[];
  /** Taken in place of a key: `?ticket=`. */
  ticket?: true;
  /** Resumes: `last-event-id` and `?after=`. */
  resumes?: true;
  /** `idempotency-key` makes a repeat harmless. */
  idempotent?: true;
}
