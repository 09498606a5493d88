/** One message out of a failed check: the dotted path, what is wrong there and what to do (spec/core.md §1.4). */
import type { z } from "zod";
import { invalid, type Outcome } from "./errors.ts";

/** Lists whose elements show their type in the path, as the wire does: `events.0.user_message.content`. */
const NAMED_LISTS = ["events", "initial_events", "tools", "resources", "skills"];

/** The wire has two spellings: an unknown key of a tool's configuration shows its index in brackets, all else is dotted (spec/core.md §1.4). */
const CONFIG_INDEX = /\.configs\.(\d+)\./;

/** Characters of a client's own text that a message repeats. */
const MAX_QUOTE = 80;
/** Characters of each end of a long path: a hundred levels of long keys would make megabytes of it. */
const MAX_PATH_END = 100;

/**
 * Stops at the first problem: a body of a hundred thousand bad events would otherwise make as many issues, some 130 MB of them. Only an
 * unknown key lets a list go on. zod sets the flag itself in `validate` and types it as internal, hence the second key; a test notices if
 * it stops working.
 */
const FIRST_ONLY = { abortEarly: true, reportInput: false };

type Issue = z.core.$ZodIssue;

/**
 * Checks a parsed body. The value is the schema's output: strings spread into objects where the wire allows both.
 * `prefix` stands before every path (`agent` for an agent's update). The error is a 400, with a code where the rule has one.
 */
export function check<S extends z.ZodType>(schema: S, body: unknown, prefix?: string): Outcome<z.output<S>> {
  const result = schema.safeParse(body, FIRST_ONLY);
  if (result.success) return { ok: true, value: result.data };
  const [issue] = result.error.issues;
  const code = issue?.code === "custom" ? issue.params?.error_code : undefined;
  return {
    ok: false,
    error: invalid(pathMessage(result.error.issues, body, prefix), typeof code === "string" ? code : undefined),
  };
}

/** `path: what is wrong` for the first issue. `body` is what was checked: the names of union members come from it. */
export function pathMessage(issues: readonly Issue[], body: unknown, prefix?: string): string {
  const [first] = issues;
  if (!first) return "the request is not valid";
  const { issue, path } = innermost(first, []);
  const keys = issue.code === "unrecognized_keys" ? [...path, issue.keys[0] as string] : path;
  const dotted = pathText([...(prefix ? [prefix] : []), ...namedPath(keys, body)]);
  const where = issue.code === "unrecognized_keys" ? dotted.replace(CONFIG_INDEX, ".configs[$1].") : dotted;
  const what = sentence(issue, valueAt(path, body));
  return where ? `${where}: ${what}` : `the request body ${what}`;
}

/** A path as a message shows it: long keys cut, and of a long path its beginning and its end. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => quote(String(key))).join(".");
  return text.length <= 2 * MAX_PATH_END ? text : `${text.slice(0, MAX_PATH_END)}…${text.slice(-MAX_PATH_END)}`;
}

/** A path with the member's name after the index of each named list. */
export function namedPath(path: readonly PropertyKey[], body: unknown): string[] {
  const named: string[] = [];
  let at = body;
  path.forEach((key, i) => {
    named.push(quote(String(key)));
    at = inside(at, key);
    const type = inside(at, "type");
    const last = i === path.length - 1;
    if (
      typeof key === "number" &&
      NAMED_LISTS.includes(String(path[i - 1])) &&
      typeof type === "string" &&
      !last &&
      path[i + 1] !== "type"
    )
      named.push(quote(type.replaceAll(".", "_")));
  });
  return named;
}

/** Follows a failed union into the member that came furthest: that is the one the client meant. */
function innermost(issue: Issue, base: readonly PropertyKey[]): { issue: Issue; path: PropertyKey[] } {
  const path = [...base, ...issue.path];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { issue, path };
  const members = issue.errors.flatMap((issues) => (issues[0] ? [innermost(issues[0], path)] : []));
  const far = (member: { issue: Issue; path: PropertyKey[] }) =>
    2 * (member.path.length - path.length) + (member.issue.code === "invalid_type" ? 0 : 1);
  const [meant] = members.sort((a, b) => far(b) - far(a));
  return meant && far(meant) > 0 ? meant : { issue, path };
}

function sentence(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (issue.message && !issue.message.startsWith("Invalid ")) return issue.message;
      return value === undefined
        ? `is required; send ${article(issue.expected)}`
        : `must be ${article(issue.expected)}, is ${kind(value)}`;
    case "unrecognized_keys":
      return "unknown key; remove it";
    case "invalid_value":
      if (issue.message && !issue.message.startsWith("Invalid ")) return issue.message;
      return value === undefined ? `is required; send ${oneOf(issue.values)}` : `must be ${oneOf(issue.values)}`;
    case "invalid_union":
      if ("options" in issue && Array.isArray(issue.options))
        return `${value === undefined ? "is required; send" : "must be"} ${oneOf(issue.options)}`;
      return value === undefined ? "is required" : `must not be ${kind(value)}; ${forms(issue)}`;
    case "too_small":
      if (issue.origin === "number" || issue.origin === "int") return `must be at least ${issue.minimum}`;
      return issue.message;
    case "too_big":
      if (issue.origin === "number" || issue.origin === "int") return `must be at most ${issue.maximum}`;
      return issue.message;
    default:
      return issue.message;
  }
}

function forms(issue: Extract<Issue, { code: "invalid_union" }>): string {
  const expected = issue.errors.flatMap(([first]) => (first?.code === "invalid_type" ? [article(first.expected)] : []));
  return `send ${expected.join(" or ")}`;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map(String);
  return shown.length === 1 ? `${shown[0]}` : `one of ${shown.join(", ")}`;
}

function article(expected: string): string {
  if (expected === "int") return "a whole number";
  if (expected === "record") return "an object";
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}

function kind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "number" && !Number.isInteger(value) ? "a fraction" : article(typeof value);
}

function inside(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

function valueAt(path: readonly PropertyKey[], body: unknown): unknown {
  return path.reduce((at, key) => inside(at, key), body);
}

function quote(text: string): string {
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text;
}
