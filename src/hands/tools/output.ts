/** Cuts long texts by bytes of UTF-8, and says so. */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The end of the text, at most `bytes` long, after a note if anything is left out. */
export function tail(text: string, bytes: number): string {
  const all = encoder.encode(text);
  if (all.length <= bytes) return text;
  let start = all.length - bytes;
  while (start < all.length && isContinuation(all[start])) start++;
  return `[output cut: these are the last ${bytes} of ${all.length} bytes]\n${decoder.decode(all.subarray(start))}`;
}

/** The start of the text, at most `bytes` long, cut between characters. */
export function head(text: string, bytes: number): string {
  const all = encoder.encode(text);
  if (all.length <= bytes) return text;
  let end = bytes;
  while (end > 0 && isContinuation(all[end])) end--;
  return decoder.decode(all.subarray(0, end));
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
