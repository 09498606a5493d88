/** Who operates this deployment: the keys of OPERATOR_KEYS, for `/x/operator` and nothing else. */
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "../context.ts";
import { credential, forbidden, keyTable, operatorTable, unauthorized } from "./credentials.ts";
import { findKey } from "./keys.ts";

/** Sets `operator`, or answers 401; 403 for an API key. */
export const operatorAuth: MiddlewareHandler<AppEnv> = async (c, next) => {
  const table = operatorTable(c.env);
  const presented = credential(c.req.raw.headers);
  if (presented === null) throw unauthorized("no credential; send an operator's key as x-api-key");
  const entry = findKey(table, presented);
  if (entry) {
    c.set("operator", entry.cred);
    return next();
  }
  if (findKey(keyTable(c.env), presented))
    throw forbidden("an API key may not operate this deployment; use a key of OPERATOR_KEYS");
  if (table.entries.length === 0)
    throw unauthorized(
      "no operator key is configured; set OPERATOR_KEYS to name:key, a key that API_KEYS does not have",
    );
  throw unauthorized("the operator key is not valid");
};
