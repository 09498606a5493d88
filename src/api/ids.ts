/** Ids in paths and bodies. A malformed or mistyped one is a 404 here: it wakes no object and asks no database. */
import { type IdPrefix, isId } from "../protocol/ids.ts";
import { missing } from "./errors.ts";

const WHAT = { agent: "agent", env: "environment", sesn: "session", sthr: "thread" } as const;

/** The id, or a 404. `session_…` is an accepted spelling of `sesn_…` (spec/core.md §1.6). */
export function known(prefix: IdPrefix & keyof typeof WHAT, id: string): string {
  const usual = prefix === "sesn" ? id.replace(/^session_/, "sesn_") : id;
  if (!isId(prefix, usual)) throw missing(WHAT[prefix], id);
  return usual;
}
