/** Who is calling (spec/core.md §1.1). A credential's kind is found by looking it up, never by the header it came in. */
import { createHash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ApiError, invalid, notFound } from "../../protocol/errors.ts";
import { newId } from "../../protocol/ids.ts";
import { admitCaller } from "../../services/admission.ts";
import type { AppEnv } from "../context.ts";
import { callerOf, platformOf } from "../platform.ts";
import type { Route } from "../route.ts";
import { credential, forbidden, keyTable, operatorTable, unauthorized } from "./credentials.ts";
import { findKey } from "./keys.ts";

const WORKSPACE_ID = /^wrkspc_[0-9A-Za-z]{24}$/;

/** Sets `workspace`, `workspaceId` and `cred`, or answers 401; 403 for an operator's key. On a route without the catalog nobody waits for D1. */
export const auth =
  ({ withoutCatalog }: Pick<Route, "withoutCatalog">): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const table = keyTable(c.env);
    if (table.entries.length === 0)
      throw unauthorized(
        "no API key is configured, so every request is refused; the operator sets API_KEYS to name:key",
      );
    const presented = credential(c.req.raw.headers);
    if (presented === null) throw unauthorized("no credential; send x-api-key, or Authorization: Bearer");
    const entry = findKey(table, presented);
    if (entry === null && findKey(operatorTable(c.env), presented))
      throw forbidden("an operator's key opens /x/operator only; use a key of API_KEYS here");
    if (entry === null) throw unauthorized("the API key or bearer token is not valid");
    const workspaceId = idOfWorkspace(entry.workspace);
    checkWorkspace(c.req.header("anthropic-workspace-id"), workspaceId);
    c.set("workspace", entry.workspace);
    c.set("workspaceId", workspaceId);
    c.set("cred", entry.cred);
    await admitCaller(platformOf(c), callerOf(c), withoutCatalog ? "known" : "current");
    await next();
  };

/** Says which workspace answered; the hosted API leaves it out on environments (spec/core.md §1.2). */
export const workspaceHeader: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.res.status !== 101) c.header("anthropic-workspace-id", c.var.workspaceId);
};

function checkWorkspace(asked: string | undefined, own: string): void {
  if (asked === undefined || asked === own) return;
  if (!WORKSPACE_ID.test(asked))
    throw new ApiError(
      invalid("anthropic-workspace-id: must be a workspace id (wrkspc_…); leave it out to use the credential's own"),
    );
  throw new ApiError(notFound("the workspace that anthropic-workspace-id names was not found"));
}

/** The same id for the same name, for ever: nothing needs to be stored. */
export function idOfWorkspace(name: string): string {
  const stream = createHash("sha512").update(`workspace ${name}`).digest();
  return newId("wrkspc", (bytes) => {
    bytes.set(stream.subarray(0, bytes.length));
    return bytes;
  });
}
