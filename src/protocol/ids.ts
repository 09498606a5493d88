/**
 * Ids of the wire: `prefix_01` + 22 base58 characters, 24 after the underscore (spec/core.md §1.6). The last character is a
 * checksum over the rest, prefix included, so that a mistyped id stops in the Worker and wakes no object. Clients treat ids as opaque.
 */
import { missing } from "./errors.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RANDOM_LENGTH = 21;

/** What requests name by an id: in paths as `{word_id}`, in messages by the word. */
export const ID_KINDS = [
  { prefix: "agent", word: "agent" },
  { prefix: "env", word: "environment" },
  { prefix: "sesn", word: "session" },
  { prefix: "sthr", word: "thread" },
] as const;

export const ID_PREFIXES = [...ID_KINDS.map(({ prefix }) => prefix), "sevt", "req", "wrkspc"] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

/**
 * @inferred that a last character may check the others (spec/core.md §1.6). FNV-1a over the characters, as one base58 digit: one wrong, missing or
 * swapped character is caught 57 times in 58.
 */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return ALPHABET[hash % ALPHABET.length] as string;
}

/** A fresh id. `random` fills the array with random bytes; a replay passes its own so that ids repeat. */
export function newId(prefix: IdPrefix, random: (bytes: Uint8Array) => Uint8Array = fillRandom): string {
  let body = `${prefix}_01`;
  // 256 is not a multiple of 58: taking `% 58` of 16 bits keeps the bias below 0.1 %.
  const bytes = random(new Uint8Array(RANDOM_LENGTH * 2));
  for (let i = 0; i < RANDOM_LENGTH; i++) {
    body += ALPHABET[((bytes[2 * i] as number) * 256 + (bytes[2 * i + 1] as number)) % ALPHABET.length];
  }
  return body + checksum(body);
}

/** Whether `id` has this prefix, the right length and alphabet, and a checksum that fits. */
export function isId(prefix: IdPrefix, id: string): boolean {
  const body = id.slice(0, -1);
  return pattern(prefix).test(id) && checksum(body) === id.at(-1);
}

/**
 * The id of a path or body, or a 404 for a malformed or mistyped one: it wakes no object and asks no database. `session_…` is an accepted spelling
 * of `sesn_…` (spec/core.md §1.6).
 */
export function parseId(prefix: (typeof ID_KINDS)[number]["prefix"], text: string): string {
  const id = prefix === "sesn" ? text.replace(/^session_/, "sesn_") : text;
  if (isId(prefix, id)) return id;
  throw missing(ID_KINDS.find((kind) => kind.prefix === prefix)?.word ?? prefix, text);
}

function pattern(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_01[${ALPHABET}]{22}$`);
}

function fillRandom(bytes: Uint8Array): Uint8Array {
  return crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
}
