/** The stored form of an environment's configuration: everything that was left open is filled in (spec/core.md §3). Pure. */
import type { EnvironmentConfig, EnvironmentConfigParams } from "../protocol/environments.ts";

type Cloud = Extract<EnvironmentConfig, { type: "cloud" }>;
type CloudParams = Extract<EnvironmentConfigParams, { type: "cloud" }>;
type Networking = Cloud["networking"];

/** What a cloud environment is when nothing else is said. */
export const CLOUD: Cloud = {
  type: "cloud",
  networking: { type: "unrestricted" },
  packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
};

/**
 * Fills in what was sent from `base`: the defaults on a create, the stored configuration on an update. Null counts as omitted. The types of `sent` and
 * `base` must be the same.
 */
export function resolveConfig(sent: EnvironmentConfigParams, base: EnvironmentConfig): EnvironmentConfig {
  if (sent.type === "self_hosted" || base.type === "self_hosted") return { type: "self_hosted" };
  return { type: "cloud", networking: network(sent, base), packages: packages(sent, base) };
}

/** A policy of another type replaces the stored one, and what it leaves open takes its default. */
function network(sent: CloudParams, base: Cloud): Networking {
  if (sent.networking == null) return base.networking;
  if (sent.networking.type === "unrestricted") return { type: "unrestricted" };
  const { allowed_hosts, allow_mcp_servers, allow_package_managers } = sent.networking;
  const stored = base.networking.type === "limited" ? base.networking : null;
  return {
    type: "limited",
    allowed_hosts: allowed_hosts ?? stored?.allowed_hosts ?? [],
    allow_mcp_servers: allow_mcp_servers ?? stored?.allow_mcp_servers ?? false,
    allow_package_managers: allow_package_managers ?? stored?.allow_package_managers ?? false,
  };
}

function packages(sent: CloudParams, { packages: base }: Cloud): Cloud["packages"] {
  const given = sent.packages ?? {};
  return {
    type: "packages",
    apt: given.apt ?? base.apt,
    cargo: given.cargo ?? base.cargo,
    gem: given.gem ?? base.gem,
    go: given.go ?? base.go,
    npm: given.npm ?? base.npm,
    pip: given.pip ?? base.pip,
  };
}
