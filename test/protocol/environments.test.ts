import { describe, expect, test } from "vitest";
import { EnvironmentCreate, EnvironmentUpdate } from "../../src/protocol/environments.ts";
import { accepted, refusal, refuses } from "./check.ts";

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

  test.each<[string, unknown]>([
    ["name: is required; send a string", {}],
    ["name: must have at most 256 characters, has 257; shorten it", { name: "n".repeat(257) }],
    ["config.type: must be one of cloud, self_hosted", { name: "n", config: { type: "vm" } }],
    ["config.networking.type: must be one of unrestricted, limited", cloud({ networking: { type: "none" } })],
    ["config.cpu: unknown key; remove it", cloud({ cpu: 4 })],
    ["config.packages.brew: unknown key; remove it", cloud({ packages: { brew: ["jq"] } })],
    ["config.packages.pip.0: must not be empty", cloud({ packages: { pip: [""] } })],
    ["scope: must be organization: account is not available to API organizations", { name: "n", scope: "account" }],
  ])("refused: %s", (message, body) => {
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
    refuses(EnvironmentCreate, hostile, "at most 253");
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

  test.each<[string, object, string?]>([
    ["name: must not be empty", { name: "" }],
    ["metadata: must be an object, is null", { metadata: null }],
    ["metadata.a: must be a string, is a number", { metadata: { a: 1 } }],
    ["metadata.a: must have at most 512", { metadata: { a: "v".repeat(513) } }, "invalid_metadata"],
    ["scope: must be organization", { scope: "account" }],
    ["id: unknown key; remove it", { id: "env_1" }],
    ["config.type: is required", { config: { networking: { type: "unrestricted" } } }],
    ["config.networking.allowed_hosts.0: ", { config: limited({ allowed_hosts: ["a/b"] }).config }],
  ])("refused: %s", (message, body, code) => {
    const found = refusal(EnvironmentUpdate, body);
    expect([found.message.slice(0, message.length), found.code]).toEqual([message, code]);
  });
});
