/**
 * Glob patterns, matched segment by segment: `*`, `?`, `[abc]`, `[!a-z]`, `{a,b}` and `**` for any number of directories. The matcher
 * keeps no choice points but the last star, so no pattern takes exponential time.
 */

/** Patterns one pattern may stand for once its braces are expanded. */
const MAX_ALTERNATIVES = 1_000;

type Test = (character: string) => boolean;
type Token = Test | "star";
type Segment = Token[] | "deep";

/** A test of relative paths, or null when the pattern expands to more than MAX_ALTERNATIVES. */
export function globMatcher(pattern: string): ((path: string) => boolean) | null {
  const alternatives = expandBraces(pattern);
  if (alternatives === null) return null;
  const compiled = alternatives.map((one) =>
    one
      .split("/")
      .filter((part) => part !== "" && part !== ".")
      .map(segment),
  );
  return (path) => {
    const parts = path.split("/");
    return compiled.some((segments) => matchPath(segments, parts));
  };
}

/** `a{b,c}d` -> `abd`, `acd`; a brace without a comma or without its end is literal. */
function expandBraces(pattern: string): string[] | null {
  let done: string[] = [];
  let open = [pattern];
  while (open.length > 0) {
    const next: string[] = [];
    for (const one of open) {
      const brace = firstBrace(one);
      if (brace === null) done.push(one);
      else for (const choice of brace.choices) next.push(brace.before + choice + brace.after);
    }
    if (done.length + next.length > MAX_ALTERNATIVES) return null;
    open = next;
  }
  done = [...new Set(done)];
  return done;
}

function firstBrace(text: string): { before: string; choices: string[]; after: string } | null {
  for (let start = text.indexOf("{"); start !== -1; start = text.indexOf("{", start + 1)) {
    const choices: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let at = start; at < text.length; at++) {
      const character = text[at];
      if (character === "{") depth++;
      else if (character === "}") depth--;
      if ((character === "," && depth === 1) || depth === 0) {
        choices.push(text.slice(from, at));
        from = at + 1;
      }
      if (depth === 0) {
        if (choices.length > 1) return { before: text.slice(0, start), choices, after: text.slice(at + 1) };
        break;
      }
    }
  }
  return null;
}

function segment(text: string): Segment {
  if (text === "**") return "deep";
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === "*") tokens.push("star");
    else if (character === "?") tokens.push(() => true);
    else if (character === "[" && text.indexOf("]", at + 2) !== -1) {
      const end = text.indexOf("]", at + 2);
      tokens.push(characterClass(text.slice(at + 1, end)));
      at = end;
    } else {
      const literal = character === "\\" && at + 1 < text.length ? (text[++at] as string) : character;
      tokens.push((other) => other === literal);
    }
  }
  return tokens;
}

function characterClass(text: string): Test {
  const negated = text[0] === "!" || text[0] === "^";
  const members = negated ? text.slice(1) : text;
  const inside = (character: string) => {
    for (let at = 0; at < members.length; at++) {
      const from = members[at] as string;
      const range = members[at + 1] === "-" && at + 2 < members.length;
      const to = range ? (members[at + 2] as string) : from;
      if (character >= from && character <= to) return true;
      if (range) at += 2;
    }
    return false;
  };
  return (character) => inside(character) !== negated;
}

/** Greedy with one point of return: the newest `**` (over segments), as below for the newest `*` (over characters). */
function matchPath(segments: Segment[], parts: string[]): boolean {
  return greedy(
    segments,
    parts,
    (one) => one === "deep",
    (one, part) => one !== "deep" && matchSegment(one, part),
  );
}

function matchSegment(tokens: Token[], part: string): boolean {
  // A leading dot is matched by a leading literal dot only.
  if (part.startsWith(".") && (tokens[0] === "star" || tokens[0]?.("/") === true)) return false;
  return greedy(
    tokens,
    [...part],
    (one) => one === "star",
    (one, character) => one !== "star" && one(character),
  );
}

function greedy<P, T>(pattern: P[], text: T[], isAny: (p: P) => boolean, fits: (p: P, t: T) => boolean): boolean {
  let p = 0;
  let t = 0;
  let back = -1;
  let taken = 0;
  while (t < text.length) {
    const one = pattern[p];
    if (one !== undefined && isAny(one)) {
      back = p++;
      taken = t;
    } else if (one !== undefined && fits(one, text[t] as T)) {
      p++;
      t++;
    } else if (back !== -1) {
      p = back + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.length && isAny(pattern[p] as P)) p++;
  return p === pattern.length;
}
