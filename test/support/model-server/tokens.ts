/** Bytes of prompt or answer per token: a rule of thumb, but the same on every count this server makes. */
const BYTES_PER_TOKEN = 4;

export function tokensOf(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}
