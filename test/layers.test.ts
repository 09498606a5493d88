/**
 * The order of the rooms, read from the sources themselves: a file imports from its own room or from rooms to the right, type imports
 * included, and `env.ts` stands outside the line. Files have names in kebab-case, and an exported name is found once. Every rule is also
 * shown to catch a made-up tree that breaks it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../src/cli/root.ts";

const ROOMS = ["index", "api", "services", "session", "brain", "hands", "work", "vault", "catalog", "log", "protocol"];
/** The rooms beside the line: programs for people. `build.ts` is the one file that reaches in, to bundle the machine. */
const BESIDE = ["cli", "console"];
const BUILDER = "cli/build.ts";
/** The rooms that see Env: the Worker's edge, and the shells of the Durable Objects, which hand on what is needed. */
const SEES_ENV = /^(index\.ts|env\.ts|api\/.*|session\/.*|hands\/sandbox\/sandbox\.ts)$/;
/** The program inside the isolate: the only sources that may name the interpreter. */
const INSIDE = /^hands\/machines\/isolate\//;

/** Migrations are counted, and their names are stored. */
const COUNTED = "src/catalog/migrations/";
/** Path under src/ -> source text. */
type Tree = Record<string, string>;

function sources(): Tree {
  const src = resolve(ROOT, "src");
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|mjs)$/.test(path));
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(src, path), "utf8")]));
}

const room = (path: string) => path.split("/")[0]!.replace(/\.ts$/, "");

/** The source without its comments and with its strings: enough to find imports and names. */
const code = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");

/** What a file imports: names of modules, and for our own files their path under src/. */
function importsOf(path: string, text: string): string[] {
  const found = code(text).matchAll(/\b(?:from|import)\s*\(?\s*"([^"\n]+)"/g);
  return [...found].map(([, name]) => (name!.startsWith(".") ? join(dirname(path), name!) : name!));
}

function wrongWay(tree: Tree): string[] {
  return everyImport(tree).flatMap(([from, to]) => {
    if (!(to in tree) || to === "env.ts" || from === "env.ts" || from === BUILDER) return [];
    const [left, right] = [room(from), room(to)];
    if (left === right) return [];
    const fine = ROOMS.includes(left) && ROOMS.includes(right) && ROOMS.indexOf(left) < ROOMS.indexOf(right);
    return fine ? [] : [`${from} imports ${to}`];
  });
}

function everyImport(tree: Tree): [string, string][] {
  return Object.entries(tree).flatMap(([path, text]) =>
    importsOf(path, text).map((to): [string, string] => [path, to]),
  );
}

function unknownRooms(tree: Tree): string[] {
  return Object.keys(tree).filter((path) => path !== "env.ts" && ![...ROOMS, ...BESIDE].includes(room(path)));
}

/** Rings of imports, each told once, beginning with its first file by name. */
function cycles(tree: Tree): string[] {
  const next = new Map(
    Object.keys(tree).map((path) => [path, importsOf(path, tree[path]!).filter((to) => to in tree && to !== "env.ts")]),
  );
  const rings = new Set<string>();
  const done = new Set<string>();
  const walk = (path: string, trail: string[]) => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      const ring = trail.slice(at);
      const first = ring.indexOf(ring.toSorted()[0]!);
      rings.add([...ring.slice(first), ...ring.slice(0, first)].join(" > "));
    } else if (!done.has(path)) {
      for (const to of next.get(path) ?? []) walk(to, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of next.keys()) if (path !== "env.ts") walk(path, []);
  return [...rings];
}

/** Files below the shells that reach for the bindings. */
function seeEnv(tree: Tree): string[] {
  return Object.entries(tree).flatMap(([path, text]) => {
    if (SEES_ENV.test(path) || BESIDE.includes(room(path))) return [];
    const reaches =
      importsOf(path, text).includes("env.ts") ||
      /import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*"cloudflare:workers"/.test(text);
    return reaches ? [path] : [];
  });
}

function namesEnv(tree: Tree): string[] {
  return Object.keys(tree).filter(
    (path) => room(path) === "hands" && !SEES_ENV.test(path) && !INSIDE.test(path) && /\benv\./.test(code(tree[path]!)),
  );
}

/** The wire and the log are used everywhere and print nowhere; the loop knows no platform; the interpreter stays inside. */
function misplaced(tree: Tree): string[] {
  return Object.entries(tree).flatMap(([path, text]) => {
    const imports = importsOf(path, text);
    const prints = ["protocol", "log", "brain"].includes(room(path)) && /\bconsole\./.test(code(text));
    const platform =
      ["protocol", "brain"].includes(room(path)) && imports.some((name) => name.startsWith("cloudflare:"));
    const interpreter = !INSIDE.test(path) && imports.some((name) => /^just-bash(\/|$)/.test(name));
    return prints || platform || interpreter ? [path] : [];
  });
}

describe("imports", () => {
  const tree = sources();

  it("reads the sources", () => {
    expect(everyImport(tree).length).toBeGreaterThan(50);
    expect(
      importsOf("a/b.ts", 'import type { X } from "../log/x.ts";\nconst y = import("./y.ts"); // from "z"'),
    ).toEqual(["log/x.ts", "a/y.ts"]);
  });

  it("go one way", () => {
    expect(wrongWay(tree)).toEqual([]);
    expect(wrongWay({ "log/a.ts": 'import type { B } from "../brain/b.ts";', "brain/b.ts": "" })).toEqual([
      "log/a.ts imports brain/b.ts",
    ]);
    expect(wrongWay({ "brain/b.ts": 'export * from "../cli/c.ts";', "cli/c.ts": "" })).toEqual([
      "brain/b.ts imports cli/c.ts",
    ]);
    expect(wrongWay({ "cli/c.ts": 'import { b } from "../brain/b.ts";', "brain/b.ts": "" })).toEqual([
      "cli/c.ts imports brain/b.ts",
    ]);
    expect(wrongWay({ "brain/b.ts": 'import { a } from "../log/a.ts";', "log/a.ts": "" })).toEqual([]);
  });

  it("stay in the rooms that exist", () => {
    expect(unknownRooms(tree)).toEqual([]);
    expect(unknownRooms({ "helpers/a.ts": "", "stray.ts": "" })).toEqual(["helpers/a.ts", "stray.ts"]);
  });

  it("make no rings", () => {
    expect(cycles(tree)).toEqual([]);
    const ring = { "a/x.ts": 'import "./y.ts";', "a/y.ts": 'import "../b/z.ts";', "b/z.ts": 'import "../a/x.ts";' };
    expect(cycles(ring)).toEqual(["a/x.ts > a/y.ts > b/z.ts"]);
  });
});

describe("the bindings", () => {
  const tree = sources();

  it("are seen by index, api and the shells of the objects only", () => {
    expect(seeEnv(tree)).toEqual([]);
    expect(seeEnv({ "brain/a.ts": 'import type { Env } from "../env.ts";', "env.ts": "" })).toEqual(["brain/a.ts"]);
    expect(seeEnv({ "log/a.ts": 'import { env, DurableObject } from "cloudflare:workers";' })).toEqual(["log/a.ts"]);
  });

  it("are not named in hands/", () => {
    expect(namesEnv(tree)).toEqual([]);
    expect(namesEnv({ "hands/lazy.ts": "start(env.LOADER)" })).toEqual(["hands/lazy.ts"]);
  });
});

describe("places", () => {
  it("keep to themselves what is theirs", () => {
    expect(misplaced(sources())).toEqual([]);
    const broken = {
      "protocol/a.ts": 'console.log("x")',
      "brain/b.ts": 'import { DurableObject } from "cloudflare:workers";',
      "hands/c.ts": 'import { Bash } from "just-bash/browser";',
      "hands/machines/isolate/d.ts": 'import { Bash } from "just-bash/browser";',
    };
    expect(misplaced(broken)).toEqual(["protocol/a.ts", "brain/b.ts", "hands/c.ts"]);
  });
});

/** Paths of which a folder or the file is not in kebab-case. */
function oddNames(paths: string[]): string[] {
  const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
  return paths.filter((path) => !path.startsWith(COUNTED) && !path.split("/").every((name) => kebab.test(name)));
}

/** Names that two files export; a type and a value of one file may share theirs. */
function takenTwice(tree: Tree): string[] {
  const found =
    /^export (?:default |declare |abstract |async )*(?:function\*?|class|const|let|type|interface|enum) (\w+)/gm;
  const names = Object.values(tree).flatMap((text) => [
    ...new Set([...code(text).matchAll(found)].map(([, name]) => name!)),
  ]);
  return [...new Set(names.filter((name, i) => names.indexOf(name) < i))].sort();
}

describe("names", () => {
  // Both lists only shrink: an entry that is not needed any more fails as well as a name that is missing in them.
  it("of files are kebab-case", () => {
    const paths = ["src", "test"].flatMap((folder) =>
      readdirSync(resolve(ROOT, folder), { recursive: true, encoding: "utf8", withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
    );
    expect(paths.length).toBeGreaterThan(500);
    expect(oddNames(paths).sort()).toEqual([]);
    expect(
      oddNames(["src/a/feed-event.test.ts", "src/a/feedEvent.ts", "src/A/b.ts", "test/a_b.ts", "src/x.ts"]),
    ).toEqual(["src/a/feedEvent.ts", "src/A/b.ts", "test/a_b.ts"]);
  });

  it("that are exported stand for one thing", () => {
    expect(takenTwice(sources())).toEqual([]);
    const twice = {
      "a.ts": "export const Row = 1;\nexport type Row = 2;\nexport async function page() {}\nfunction own() {}",
      "b.ts": "export function* page() {}\nexport class Row {}\nfunction own() {}",
      "c.ts": "// export const own = 1;\nexport abstract class Only {}",
    };
    expect(takenTwice(twice)).toEqual(["Row", "page"]);
  });
});
