/** Ids as the API makes them: prefix, `_01`, 22 base58 characters. */
import { randomBytes } from "node:crypto";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LENGTH = 22;

export function mintId(prefix: "msg" | "toolu" | "srvtoolu" | "req"): string {
  let id = `${prefix}_01`;
  for (const byte of randomBytes(LENGTH)) id += ALPHABET[byte % ALPHABET.length];
  return id;
}
