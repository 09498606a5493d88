/**
 * What a hostile or broken client says: values, keys, headers, segments of paths that have broken servers before. The short ones stand one a line in
 * words/*.txt, spelled as they are sent; here are those that a line cannot hold.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

function lines(name: string): string[] {
  return readFileSync(resolve(import.meta.dirname, `words/${name}.txt`), "utf8")
    .trimEnd()
    .split("\n");
}

const deep = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`;

/** JSON text, some of it none. */
export const RAW_VALUES: readonly string[] = [
  ...lines("values"),
  '"\t"',
  '"a\nb"',
  "// c\n1",
  deep(140, "[", "]"),
  deep(70, '{"a":', "}"),
  JSON.stringify("a".repeat(300)),
  JSON.stringify("😀".repeat(200)),
  JSON.stringify("b".repeat(3_000)),
  JSON.stringify("c".repeat(140_000)),
  `[${"1,".repeat(1_100)}1]`,
];

/** JSON text of a key; the long one is quoted cut inside a character. */
export const RAW_KEYS: readonly string[] = [...lines("keys"), JSON.stringify(`${"k".repeat(79)}😀${"k".repeat(200)}`)];

/** Latin-1, or sent as UTF-8. */
export const HEADER_VALUES: readonly string[] = [
  ...lines("header-values"),
  "",
  " ",
  "x".repeat(300),
  "y".repeat(4_000),
  "z,".repeat(2_000),
];

/** Headers that a server might read. */
export const HEADER_NAMES: readonly string[] = lines("header-names");

export const CONTENT_TYPES: readonly string[] = [...lines("content-types"), ""];

/** Path segments in place of an id, percent-encoded or not; the long ones are quoted cut inside a character. */
export const SEGMENTS: readonly string[] = [
  ...lines("segments"),
  "",
  `sesn_01${"a".repeat(500)}`,
  `${"p".repeat(79)}%F0%9F%98%80${"p".repeat(40)}`,
  `${"q".repeat(119)}%F0%9F%98%80`,
];

/** Paths of files below `/x/sessions/{id}/files/`. */
export const FILE_PATHS: readonly string[] = [
  ...lines("file-paths"),
  `workspace/${"n".repeat(300)}`,
  `workspace/${"d/".repeat(300)}f`,
  `workspace/${"l".repeat(1_100)}`,
];

export const QUERY_NAMES: readonly string[] = [...lines("query-names"), ""];

export const QUERY_VALUES: readonly string[] = [
  ...lines("query-values"),
  "",
  `page_${"A".repeat(500)}`,
  "v".repeat(2_000),
];

export const METHODS: readonly string[] = [
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "PROPFIND", "LOCK"],
];
