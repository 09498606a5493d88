import { describe, expect, test } from "vitest";
import { EnvironmentCreate, EnvironmentUpdate } from "../../src/protocol/environments.ts";
import { accepted, refusal } from "./check.ts";

const cloud = (config: object = {}) => ({ name: "n", config: { type: "cloud", ...config } });
const limited = (fields: object = {}) => cloud({ networking: { type: "limited", ...fields } });

describe("an environment", () => {
  test.each<[string, unknown]>([
    ["a name alone", { name: "n" }],
    ["no config", { name: "n", config: null }],
    ["the shortest config", cloud()],
    ["a self-hosted one", { name: "n", config: { type: "self_hosted" } }],
    ["a name of 256 characters", { name: "n".repeat(256) }],
    ["packages", cloud({ packages: { type: "packages", pip: ["polars==1.0"], apt: null } })],
    ["hosts", limited({ allowed_hosts: ["example.com", "*.Example.com", "localhost", "a-b.example"] })],
    ["an organization's scope", { name: "n", scope: "organization" }],
  ])("%s is fine", (_, body) => {
    accepted(EnvironmentCreate, body);
  });

  test.each<[string, unknown, string]>([
    ["no name", {}, "name: is required; send a string"],
    [
      "a name of 257 characters",
      { name: "n".repeat(257) },
      "name: must have at most 256 characters, has 257; shorten it",
    ],
    ["an unknown kind", { name: "n", config: { type: "vm" } }, "config.type: must be one of cloud, self_hosted"],
    [
      "an unknown network",
      cloud({ networking: { type: "none" } }),
      "config.networking.type: must be one of unrestricted, limited",
    ],
    ["an unknown key", cloud({ cpu: 4 }), "config.cpu: unknown key; remove it"],
    [
      "an unknown package manager",
      cloud({ packages: { brew: ["jq"] } }),
      "config.packages.brew: unknown key; remove it",
    ],
    ["an empty package name", cloud({ packages: { pip: [""] } }), "config.packages.pip.0: must not be empty"],
    [
      "an account's scope",
      { name: "n", scope: "account" },
      "scope: must be organization: account is not available to API organizations",
    ],
  ])("%s is refused", (_, body, message) => {
    expect(refusal(EnvironmentCreate, body)).toEqual({ message });
  });

  test("a host has at most 253 characters", () => {
    const host = (length: number) => limited({ allowed_hosts: [`${"a.".repeat(100)}${"b".repeat(length - 200)}`] });
    accepted(EnvironmentCreate, host(253));
    expect(refusal(EnvironmentCreate, host(254)).message).toBe(
      "config.networking.allowed_hosts.0: must have at most 253 characters",
    );
    // The pattern alone would look at this for minutes.
    const hostile = limited({ allowed_hosts: [`${"a".repeat(1_000_000)}!`] });
    expect(refusal(EnvironmentCreate, hostile).message).toContain("at most 253");
  });

  test.each([
    "https://example.com",
    "example.com:443",
    "example.com/x",
    "*example.com",
    "a.*.com",
    "*",
    "*.",
    ".example.com",
    "example.com.",
    "a b",
    "user@example.com",
    "",
  ])("the host %s is refused", (host) => {
    expect(refusal(EnvironmentCreate, limited({ allowed_hosts: [host] })).message).toBe(
      "config.networking.allowed_hosts.0: must be a hostname or *.suffix: no scheme, port or path",
    );
  });

  test("bad metadata carries the code that selects a class in the SDK", () => {
    const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"]));
    expect(refusal(EnvironmentCreate, { name: "n", metadata })).toEqual({
      message: "metadata: must have at most 16 pairs, has 17; remove some",
      code: "invalid_metadata",
    });
  });
});

describe("an update of an environment", () => {
  test("may leave everything out, and null keeps too, but for the description and metadata", () => {
    expect(accepted(EnvironmentUpdate, {})).toEqual({});
    accepted(EnvironmentUpdate, { name: null, description: null, config: null, scope: null });
    expect(accepted(EnvironmentUpdate, { metadata: { a: null, b: "", c: "1" } })).toEqual({
      metadata: { a: null, b: null, c: "1" },
    });
  });

  test("does not count the keys it deletes", () => {
    const pairs = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, "v"]));
    accepted(EnvironmentUpdate, { metadata: { ...pairs, a: null, b: "" } });
    expect(refusal(EnvironmentUpdate, { metadata: { ...pairs, a: "v" } })).toEqual({
      message: "metadata: must have at most 16 pairs, has 17; remove some",
      code: "invalid_metadata",
    });
  });

  test.each<[string, object, string, string?]>([
    ["an empty name", { name: "" }, "name: must not be empty"],
    ["null metadata", { metadata: null }, "metadata: must be an object, is null"],
    ["a number in it", { metadata: { a: 1 } }, "metadata.a: must be a string, is a number"],
    ["a long value", { metadata: { a: "v".repeat(513) } }, "metadata.a: must have at most 512", "invalid_metadata"],
    ["an account's scope", { scope: "account" }, "scope: must be organization"],
    ["an unknown key", { id: "env_1" }, "id: unknown key; remove it"],
    ["a config without a type", { config: { networking: { type: "unrestricted" } } }, "config.type: is required"],
    ["a wrong host", { config: limited({ allowed_hosts: ["a/b"] }).config }, "config.networking.allowed_hosts.0: "],
  ])("%s is refused", (_, body, message, code) => {
    const found = refusal(EnvironmentUpdate, body);
    expect([found.message.slice(0, message.length), found.code]).toEqual([message, code]);
  });
});
