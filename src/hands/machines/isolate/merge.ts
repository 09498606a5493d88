/** Puts what a script wrote into one text. The interpreter collects the two streams apart, so the order is that of the script's statements. */
import { MAX_OUTPUT_BYTES } from "./limits.ts";

interface Streams {
  stdout: string;
  stderr: string;
}

/**
 * Standard output and error of each top-level statement in turn; inside one statement (a loop, a function) output comes before errors. What the
 * interpreter added after the last statement follows. Cut to the last MAX_OUTPUT_BYTES characters.
 */
export function mergeOutput(written: readonly Streams[], result: Streams): { output: string; truncated: boolean } {
  const stdout = decode(written.map((one) => one.stdout).join(""));
  const stderr = decode(written.map((one) => one.stderr).join(""));
  const complete = stdout === result.stdout && result.stderr.startsWith(stderr);
  const output = complete
    ? written.map((one) => decode(one.stdout) + decode(one.stderr)).join("") + result.stderr.slice(stderr.length)
    : result.stdout + result.stderr;
  const truncated = output.length > MAX_OUTPUT_BYTES;
  return { output: truncated ? output.slice(-MAX_OUTPUT_BYTES) : output, truncated };
}

/** The interpreter passes bytes as characters below 256; they are text if they are UTF-8. */
function decode(text: string): string {
  let above = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 255) return text;
    if (code > 127) above = true;
  }
  if (!above) return text;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(text, (character) => character.charCodeAt(0)),
    );
  } catch {
    return text;
  }
}
