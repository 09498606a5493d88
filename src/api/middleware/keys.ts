/** `API_KEYS` and `OPERATOR_KEYS`: who may call this Worker and who may operate it (design §7). Only digests of keys are kept and compared. */
import { hash, timingSafeEqual } from "node:crypto";
import type { Env } from "../../env.ts";

type Settings = Pick<Env, "API_KEYS" | "OPERATOR_KEYS">;

/** The workspace of an entry that names none. */
export const DEFAULT_WORKSPACE = "default";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HASH = /^[0-9a-f]{64}$/i;
/** Visible ASCII: what a header can carry unchanged. */
const KEY = /^[!-~]+$/;

export interface KeyEntry {
  workspace: string;
  /** `[workspace/]name`, the default workspace left out. */
  cred: string;
  /** SHA-256 of the key. */
  digest: Uint8Array;
}

export interface KeyTable {
  entries: KeyEntry[];
  /** One sentence per refused entry; it names the position, never the value. */
  problems: string[];
}

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

function complain(setting: string, { problems }: KeyTable): void {
  for (const problem of problems) console.error(JSON.stringify({ level: "error", event: "setting", setting, problem }));
}

/**
 * Entries are `[workspace/]name:value`, separated by commas or lines; value is a key or `sha256:` and 64 hex digits. A malformed entry admits
 * nobody; a key that two entries hold belongs to the first.
 */
export function parseKeys(text: string): KeyTable {
  const table: KeyTable = { entries: [], problems: [] };
  const parts = text.split(/[,\r\n]+/).filter((part) => part.trim() !== "");
  for (const [i, part] of parts.entries()) {
    const entry = parseEntry(part.trim());
    if (typeof entry === "string") table.problems.push(`entry ${i + 1}: ${entry}`);
    else if (table.entries.some((other) => timingSafeEqual(other.digest, entry.digest)))
      table.problems.push(`entry ${i + 1}: its key already belongs to an earlier entry`);
    else table.entries.push(entry);
  }
  return table;
}

/**
 * The operators of a list: not those whose key may also call, since the two are kept apart, and not those that name a workspace, since an
 * operator is for all of them and the name must not look like a bound.
 */
export function operatorsAmong(table: KeyTable, callers: KeyTable): KeyTable {
  const result: KeyTable = { entries: [], problems: [...table.problems] };
  for (const entry of table.entries) {
    if (entry.workspace !== DEFAULT_WORKSPACE)
      result.problems.push(`${entry.cred}: an operator is for every workspace; leave the workspace out of the name`);
    else if (callers.entries.some((other) => timingSafeEqual(other.digest, entry.digest)))
      result.problems.push(`${entry.cred}: its key is in API_KEYS too; give the operator a key of its own`);
    else result.entries.push(entry);
  }
  return result;
}

function parseEntry(text: string): KeyEntry | string {
  const colon = text.indexOf(":");
  if (colon < 0) return "there is no colon between name and value";
  const names = text.slice(0, colon).split("/");
  const value = text.slice(colon + 1);
  if (names.length > 2 || !names.every((name) => NAME.test(name)))
    return "the name must be [workspace/]name of letters, digits, . _ and -";
  const [workspace, name] = names.length === 2 ? (names as [string, string]) : [DEFAULT_WORKSPACE, names[0] as string];
  const cred = workspace === DEFAULT_WORKSPACE ? name : `${workspace}/${name}`;
  if (value.startsWith("sha256:")) {
    const hex = value.slice("sha256:".length);
    return HASH.test(hex)
      ? { workspace, cred, digest: Buffer.from(hex, "hex") }
      : "sha256: must be followed by 64 hex digits";
  }
  return KEY.test(value)
    ? { workspace, cred, digest: digestOfKey(value) }
    : "the key is empty or has a space or a special character in it";
}

/** The digest of a presented key, for `findKey`: made once per request, whatever tables it is looked up in. */
export function digestOfKey(presented: string): Uint8Array {
  return hash("sha256", presented, "buffer");
}

/** The entry with this key's digest, or null. Compares with every entry, in constant time each, so that timing tells nothing. */
export function findKey(table: KeyTable, digest: Uint8Array): KeyEntry | null {
  let found: KeyEntry | null = null;
  for (const entry of table.entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
  return found;
}
