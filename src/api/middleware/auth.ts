/** Who is calling (spec/core.md §1.1). A credential's kind is found by looking it up, never by the header it came in. */
import { createHash } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import type { Env } from "../../env.ts";
import { ApiError, invalid, notFound } from "../../protocol/errors.ts";
import { newId } from "../../protocol/ids.ts";
import { admitCaller } from "../../services/admission.ts";
import type { AppEnv } from "../context.ts";
import { callerOf, platformOf } from "../platform.ts";
import type { Route } from "../route.ts";
import { digestOfKey, findKey, type KeyEntry, keyTable, operatorTable } from "./keys.ts";

const WORKSPACE_ID = /^wrkspc_[0-9A-Za-z]{24}$/;

/** Sets `workspace`, `workspaceId` and `cred`, or answers 401; 403 for an operator's key. On a route without the catalog nobody waits for D1. */
export function auth({ withoutCatalog }: Pick<Route, "withoutCatalog">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const entry = callerWith(credential(c.req.raw.headers), c.env);
    const workspaceId = idOfWorkspace(entry.workspace);
    checkWorkspace(c.req.header("anthropic-workspace-id"), workspaceId);
    c.set("workspace", entry.workspace);
    c.set("workspaceId", workspaceId);
    c.set("cred", entry.cred);
    await admitCaller(platformOf(c), callerOf(c), withoutCatalog ? "known" : "current");
    await next();
  };
}

function callerWith(presented: string | null, env: Env): KeyEntry {
  const table = keyTable(env);
  if (table.entries.length === 0)
    throw unauthorized("no API key is configured, so every request is refused; the operator sets API_KEYS to name:key");
  if (presented === null) throw unauthorized("no credential; send x-api-key, or Authorization: Bearer");
  const digest = digestOfKey(presented);
  const entry = findKey(table, digest);
  if (entry) return entry;
  if (findKey(operatorTable(env), digest))
    throw forbidden("an operator's key opens /x/operator only; use a key of API_KEYS here");
  throw unauthorized("the API key or bearer token is not valid");
}

/** For `/x/operator`, which the keys of OPERATOR_KEYS open and nothing else. Sets `operator`, or answers 401; 403 for an API key. */
export const operatorAuth: MiddlewareHandler<AppEnv> = async (c, next) => {
  const table = operatorTable(c.env);
  const presented = credential(c.req.raw.headers);
  if (presented === null) throw unauthorized("no credential; send an operator's key as x-api-key");
  const digest = digestOfKey(presented);
  const entry = findKey(table, digest);
  if (entry) {
    c.set("operator", entry.cred);
    return next();
  }
  if (findKey(keyTable(c.env), digest))
    throw forbidden("an API key may not operate this deployment; use a key of OPERATOR_KEYS");
  if (table.entries.length === 0)
    throw unauthorized(
      "no operator key is configured; set OPERATOR_KEYS to name:key, a key that API_KEYS does not have",
    );
  throw unauthorized("the operator key is not valid");
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

/** `x-api-key` counts if both come. */
function credential(headers: Headers): string | null {
  const key = headers.get("x-api-key");
  if (key) return key;
  return /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

export function unauthorized(message: string): ApiError {
  return new ApiError({ status: 401, type: "authentication_error", message, noRetry: true });
}

/** For a key that is one, but of the other list. */
function forbidden(message: string): ApiError {
  return new ApiError({ status: 403, type: "permission_error", message, noRetry: true });
}
