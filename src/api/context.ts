/** What every handler sees: the platform's bindings, and what the middleware found out about the request. */
import type { Context } from "hono";
import type { Env } from "../env.ts";
import type { TicketAccess } from "../protocol/tickets.ts";

export type AppEnv = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** The workspace's name; every stored row has one. */
    workspace: string;
    workspaceId: string;
    /** The credential's name: `[workspace/]name`. */
    cred: string;
    /** The operator's name; on `/x/operator` alone, where the three before it are not set. */
    operator: string;
    /** The session that a request is about, where its path does not say so: for the line of its log. */
    sessionId?: string;
    /** Set where a ticket stands in for the key: what it lets its holder do. EventSource cannot say where it was, so events get their ids. */
    ticket?: TicketAccess;
  };
};

export type AppContext = Context<AppEnv>;

/** The query string, for the readers of protocol/queries.ts. */
export function paramsOf(c: AppContext): URLSearchParams {
  return new URL(c.req.url).searchParams;
}

/** Microseconds since 1970, the catalog's unit. */
export function nowMicros(): number {
  return Date.now() * 1000;
}
