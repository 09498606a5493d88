/** From what a client sent to the environment that is stored and echoed: defaults filled in, patches merged (spec/core.md §3). */
import { type EnvironmentDefinition, findEnvironment } from "../catalog/environments.ts";
import {
  type Environment,
  type EnvironmentConfig,
  type EnvironmentConfigParams,
  type EnvironmentCreate,
  type EnvironmentUpdate,
  packageCount,
} from "../protocol/environments.ts";
import { ApiError, invalid, missing } from "../protocol/errors.ts";
import { parseId } from "../protocol/ids.ts";
import { mergeMetadata } from "../protocol/metadata.ts";
import { refuseUnsupported, unsupportedEnvironment } from "../protocol/unsupported.ts";
import type { Caller, Platform } from "./platform.ts";

type Cloud = Extract<EnvironmentConfig, { type: "cloud" }>;
type CloudParams = Extract<EnvironmentConfigParams, { type: "cloud" }>;
type Networking = Cloud["networking"];

/** UTF-8 bytes of a definition as JSON; our own limit, the wire names none for the parts. @inferred */
const MAX_ENVIRONMENT_BYTES = 256 * 1024;

/** What a cloud environment is when nothing else is said. */
export const CLOUD: Cloud = {
  type: "cloud",
  networking: { type: "unrestricted" },
  packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
};

export function newEnvironment(params: EnvironmentCreate): EnvironmentDefinition {
  const sent = params.config ?? CLOUD;
  return accepted({
    name: params.name,
    description: params.description ?? null,
    config: resolveConfig(sent, sent.type === "self_hosted" ? sent : CLOUD),
    scope: params.scope ?? "organization",
    metadata: params.metadata ?? {},
  });
}

/** Gives the same JSON text when nothing changes. */
export function mergeEnvironment(base: Environment, patch: EnvironmentUpdate): EnvironmentDefinition {
  const { config: sent } = patch;
  if (sent && sent.type !== base.config.type)
    throw new ApiError(
      invalid(
        `config.type: is ${base.config.type} and cannot change; create another environment`,
        "invalid_config_type_change",
      ),
    );
  return accepted({
    name: patch.name ?? base.name,
    description: patch.description === undefined ? base.description : patch.description,
    config: sent ? resolveConfig(sent, base.config) : base.config,
    scope: patch.scope ?? base.scope,
    metadata: mergeMetadata(base.metadata, patch.metadata ?? {}, "metadata", "invalid_metadata"),
  });
}

/** The rules that hold for what results. */
function accepted(definition: EnvironmentDefinition): EnvironmentDefinition {
  const { config } = definition;
  if (config.type === "cloud" && config.networking.type === "limited" && !config.networking.allow_package_managers)
    if (packageCount(config.packages) > 0)
      throw new ApiError(
        invalid("config.packages: needs networking.allow_package_managers: true while networking is limited"),
      );
  const bytes = new TextEncoder().encode(JSON.stringify(definition)).length;
  if (bytes > MAX_ENVIRONMENT_BYTES)
    throw new ApiError(
      invalid(
        `config: ${bytes} bytes as JSON with the rest, at most ${MAX_ENVIRONMENT_BYTES}; shorten lists and texts`,
      ),
    );
  return definition;
}

/**
 * Fills in what was sent from `base`: the defaults on a create, the stored configuration on an update. Null counts as omitted, as the SDK's comments
 * have it ("fields default to null; on update, omitted fields preserve the existing value"), and so at every level. The types of `sent` and `base`
 * must be the same.
 * @inferred
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

/**
 * The id of the environment that a new session names, if a session can run in it.
 * @inferred that an archived reference is a 400: the documents say "refused" (spec/core.md §4.2)
 */
export async function runnableEnvironment(
  { db }: Pick<Platform, "db">,
  { workspace }: Caller,
  sent: string,
): Promise<Environment> {
  const id = parseId("env", sent);
  const environment = await findEnvironment(db, workspace, id);
  if (!environment) throw missing("environment", id);
  if (environment.archived_at !== null)
    throw new ApiError(invalid(`environment_id: ${id} is archived; use another environment`, "environment_archived"));
  refuseUnsupported(unsupportedEnvironment(environment));
  return environment;
}
