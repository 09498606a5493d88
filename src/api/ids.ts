/** Ids in paths and bodies. A malformed or mistyped one is a 404 here: it wakes no object and asks no database. */
import { isId } from "../protocol/ids.ts";
import { missing } from "./errors.ts";

/** What requests name by an id: in paths as `{word_id}`, in messages by the word. */
export const ID_KINDS = [
  { prefix: "agent", word: "agent" },
  { prefix: "env", word: "environment" },
  { prefix: "sesn", word: "session" },
  { prefix: "sthr", word: "thread" },
] as const;

/** The id, or a 404. `session_…` is an accepted spelling of `sesn_…` (spec/core.md §1.6). */
export function parseId(prefix: (typeof ID_KINDS)[number]["prefix"], text: string): string {
  const id = prefix === "sesn" ? text.replace(/^session_/, "sesn_") : text;
  const kind = ID_KINDS.find((each) => each.prefix === prefix);
  if (!kind || !isId(prefix, id)) throw missing(kind?.word ?? prefix, text);
  return id;
}
