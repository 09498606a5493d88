/** Writing for a person: colour only on a terminal that wants it, and nothing from a model or a file that could steer the terminal. */

export interface Terminal {
  write(text: string): void;
  line(text?: string): void;
  dim(text: string): string;
  bold(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** A terminal over `out`; no escape sequences when it is not a TTY or NO_COLOR is set (https://no-color.org). */
export function terminal(
  out: { write(text: string): unknown; isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const coloured = Boolean(out.isTTY) && !env.NO_COLOR;
  const style = (on: number, off: number) => (text: string) => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return {
    write: (text) => void out.write(text),
    line: (text = "") => void out.write(`${text}\n`),
    dim: style(2, 22),
    bold: style(1, 22),
    good: style(32, 39),
    bad: style(31, 39),
  };
}

/** The text without control characters, line ends and tabs excepted. */
export function harmless(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (char) => (char === "\n" || char === "\t" ? char : ""));
}

/** At most `most` lines of at most `width` characters; what was left out is said in a last line. */
export function shortened(text: string, most: number, width: number): string[] {
  const lines = harmless(text).trimEnd().split("\n");
  const shown = lines.slice(0, most).map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line));
  const left = lines.length - shown.length;
  return left > 0 ? [...shown, `… ${left} more ${left === 1 ? "line" : "lines"}`] : shown;
}
