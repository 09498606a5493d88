/** The two lists of keys and the credential that a request presents. What each may open is for auth.ts and operator-auth.ts to say. */
import type { Env } from "../../env.ts";
import { ApiError } from "../../protocol/errors.ts";
import { type KeyTable, operatorsAmong, parseKeys } from "./keys.ts";

type Settings = Pick<Env, "API_KEYS" | "OPERATOR_KEYS">;

/** The last values of the settings and what they mean: parsed and complained about once per isolate and value. */
let keys: { text: string; table: KeyTable } | null = null;
let operators: { text: string; keys: KeyTable; table: KeyTable } | null = null;

/** Who may call. */
export function keyTable({ API_KEYS: text = "" }: Settings): KeyTable {
  if (keys?.text !== text) {
    keys = { text, table: parseKeys(text) };
    complain("API_KEYS", keys.table);
  }
  return keys.table;
}

/** Who may operate. A key that may call is no operator's. */
export function operatorTable(env: Settings): KeyTable {
  const text = env.OPERATOR_KEYS ?? "";
  const callers = keyTable(env);
  if (operators?.text !== text || operators.keys !== callers) {
    operators = { text, keys: callers, table: operatorsAmong(parseKeys(text), callers) };
    complain("OPERATOR_KEYS", operators.table);
  }
  return operators.table;
}

/** `x-api-key` counts if both come. */
export function credential(headers: Headers): string | null {
  const key = headers.get("x-api-key");
  if (key) return key;
  return /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

export function unauthorized(message: string): ApiError {
  return new ApiError({ status: 401, type: "authentication_error", message, noRetry: true });
}

/** For a key that is one, but of the other list. */
export function forbidden(message: string): ApiError {
  return new ApiError({ status: 403, type: "permission_error", message, noRetry: true });
}

function complain(setting: string, { problems }: KeyTable): void {
  for (const problem of problems) console.error(JSON.stringify({ level: "error", event: "setting", setting, problem }));
}
