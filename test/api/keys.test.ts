import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { idOfWorkspace } from "../../src/api/middleware/auth.ts";
import { digestOfKey, findKey, parseKeys } from "../../src/api/middleware/keys.ts";
import { isId } from "../../src/protocol/ids.ts";

const sha = (text: string) => createHash("sha256").update(text).digest("hex");
const who = (keys: string, presented: string) => {
  const entry = findKey(parseKeys(keys), digestOfKey(presented));
  return entry && { workspace: entry.workspace, cred: entry.cred };
};

test("entries are separated by commas or lines, with blanks around them", () => {
  const keys = "ops:one, ci:two\r\nteam/dev:three\n\n , default/admin:four";
  expect(parseKeys(keys).problems).toEqual([]);
  expect(who(keys, "one")).toEqual({ workspace: "default", cred: "ops" });
  expect(who(keys, "two")).toEqual({ workspace: "default", cred: "ci" });
  expect(who(keys, "three")).toEqual({ workspace: "team", cred: "team/dev" });
  expect(who(keys, "four")).toEqual({ workspace: "default", cred: "admin" });
  expect(who(keys, "five")).toBeNull();
  expect(who(keys, "")).toBeNull();
});

test("a value may be a digest; then the digest itself opens nothing", () => {
  const keys = `ops:sha256:${sha("secret")},ci:sha256:${sha("other").toUpperCase()}`;
  expect(who(keys, "secret")).toEqual({ workspace: "default", cred: "ops" });
  expect(who(keys, "other")).toEqual({ workspace: "default", cred: "ci" });
  expect(who(keys, sha("secret"))).toBeNull();
  expect(who(keys, `sha256:${sha("secret")}`)).toBeNull();
});

test("a key may hold colons and slashes", () => {
  expect(who("ops:a:b/c", "a:b/c")).toEqual({ workspace: "default", cred: "ops" });
});

test.each([
  ["no colon", "topsecret"],
  ["no name", ":topsecret"],
  ["an empty value", "ops:"],
  ["a blank in the key", "ops:top secret"],
  ["two slashes", "a/b/c:topsecret"],
  ["an empty workspace", "/ops:topsecret"],
  ["a name with a blank", "my ops:topsecret"],
  ["a short digest", "ops:sha256:topsecret"],
  ["an empty digest", "ops:sha256:"],
  ["a character that no header carries", "ops:topsecr\u00e9t"],
])("%s admits nobody, and the complaint names the place and no value", (_, entry) => {
  const table = parseKeys(`first:fine,${entry}`);
  expect(table.entries.map((one) => one.cred)).toEqual(["first"]);
  expect(table.problems).toHaveLength(1);
  expect(table.problems[0]).toMatch(/^entry 2: /);
  expect(table.problems[0]).not.toContain("secr");
});

test("a key that two entries hold belongs to the first", () => {
  const keys = "a/one:same,b/two:same";
  expect(who(keys, "same")).toEqual({ workspace: "a", cred: "a/one" });
  expect(parseKeys(keys).problems).toEqual(["entry 2: its key already belongs to an earlier entry"]);
});

test("a workspace's id is well-formed, stable and its own", () => {
  expect(isId("wrkspc", idOfWorkspace("default"))).toBe(true);
  expect(idOfWorkspace("default")).toBe(idOfWorkspace("default"));
  expect(idOfWorkspace("default")).not.toBe(idOfWorkspace("team"));
});
