import { describe, expect, test } from "vitest";
import { EnvironmentCreate } from "../../src/protocol/environments.ts";
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
    ["hosts", limited({ allowed_hosts: ["example.com", "*.example.com", "localhost"] })],
    [
      "packages behind limited networking that lets them in",
      { name: "n", config: { ...limited({ allow_package_managers: true }).config, packages: { pip: ["polars"] } } },
    ],
    [
      "an empty list of packages behind limited networking",
      { name: "n", config: { ...limited().config, packages: { pip: [] } } },
    ],
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
      "packages behind limited networking",
      { name: "n", config: { ...limited().config, packages: { pip: ["polars"] } } },
      "config.packages: needs networking.allow_package_managers: true while networking is limited",
    ],
    [
      "an account's scope",
      { name: "n", scope: "account" },
      "scope: must be organization: account is not available to API organizations",
    ],
  ])("%s is refused", (_, body, message) => {
    expect(refusal(EnvironmentCreate, body)).toEqual({ message });
  });

  test.each(["https://example.com", "example.com:443", "example.com/x", "*example.com", "a.*.com", ""])(
    "the host %s is refused",
    (host) => {
      expect(refusal(EnvironmentCreate, limited({ allowed_hosts: [host] })).message).toBe(
        "config.networking.allowed_hosts.0: must be a hostname or *.suffix: no scheme, port or path",
      );
    },
  );

  test("bad metadata carries the code that selects a class in the SDK", () => {
    const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"]));
    expect(refusal(EnvironmentCreate, { name: "n", metadata })).toEqual({
      message: "metadata: must have at most 16 pairs, has 17; remove some",
      code: "invalid_metadata",
    });
  });
});
