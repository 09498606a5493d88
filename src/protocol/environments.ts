/** Environments (spec/core.md §3): where hands run. */
import { z } from "zod";
import { Metadata, metadataParams, metadataPatch, NonEmpty, Timestamp, text } from "./fields.ts";
import { flag, pageCursor, pageLimit, queryReader } from "./queries.ts";

/** Characters; our own limit, the wire names none. @inferred */
export const MAX_ENVIRONMENT_NAME = 256;
/** In alphabetical order, which is the order they run in. */
export const PACKAGE_MANAGERS = ["apt", "cargo", "gem", "go", "npm", "pip"] as const;

/** Characters of a hostname, which DNS limits; also keeps the pattern below from long work. */
const MAX_HOST = 253;
const HOST = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

const Host = z
  .string()
  .max(MAX_HOST, { error: `must have at most ${MAX_HOST} characters`, abort: true })
  .regex(HOST, { error: "must be a hostname or *.suffix: no scheme, port or path", abort: true });

const Unrestricted = z.strictObject({ type: z.literal("unrestricted") });

const Limited = z.object({
  type: z.literal("limited"),
  allowed_hosts: z.array(z.string()),
  allow_mcp_servers: z.boolean(),
  allow_package_managers: z.boolean(),
});

const LimitedParams = z.strictObject({
  type: z.literal("limited"),
  allowed_hosts: z.array(Host).nullish(),
  allow_mcp_servers: z.boolean().nullish(),
  allow_package_managers: z.boolean().nullish(),
});

const names = z.array(z.string());
const Packages = z.object({
  type: z.literal("packages"),
  apt: names,
  cargo: names,
  gem: names,
  go: names,
  npm: names,
  pip: names,
});

const namesParams = z.array(NonEmpty).nullish();
const PackagesParams = z.strictObject({
  type: z.literal("packages").optional(),
  apt: namesParams,
  cargo: namesParams,
  gem: namesParams,
  go: namesParams,
  npm: namesParams,
  pip: namesParams,
});
export type PackagesParams = z.infer<typeof PackagesParams>;

const SelfHosted = z.strictObject({ type: z.literal("self_hosted") });

export const EnvironmentConfig = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("cloud"),
    networking: z.discriminatedUnion("type", [Unrestricted, Limited]),
    packages: Packages,
  }),
  SelfHosted,
]);
export type EnvironmentConfig = z.infer<typeof EnvironmentConfig>;

/** The packages of all managers together. */
export function packageCount(packages: PackagesParams | null | undefined): number {
  return PACKAGE_MANAGERS.reduce((sum, manager) => sum + (packages?.[manager]?.length ?? 0), 0);
}

export const EnvironmentConfigParams = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("cloud"),
    networking: z.discriminatedUnion("type", [Unrestricted, LimitedParams]).nullish(),
    packages: PackagesParams.nullish(),
  }),
  SelfHosted,
]);
export type EnvironmentConfigParams = z.infer<typeof EnvironmentConfigParams>;

export const Environment = z.object({
  type: z.literal("environment"),
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  config: EnvironmentConfig,
  scope: z.enum(["organization", "account"]),
  /** Not in the SDK's types, but on the wire: `active` or `archived`. */
  state: z.enum(["active", "archived"]),
  metadata: Metadata,
  created_at: Timestamp,
  updated_at: Timestamp,
  archived_at: Timestamp.nullable(),
});
export type Environment = z.infer<typeof Environment>;

const Scope = z
  .enum(["organization", "account"])
  .refine((scope) => scope !== "account", "must be organization: account is not available to API organizations");

/** The body of `POST /v1/environments`; an absent config means cloud. Names are unique among live environments, which the catalog
 * checks; the rules between fields hold for what results. */
export const EnvironmentCreate = z.strictObject({
  name: text(1, MAX_ENVIRONMENT_NAME),
  description: z.string().nullish(),
  config: EnvironmentConfigParams.nullish(),
  metadata: metadataParams("invalid_metadata").optional(),
  scope: Scope.nullish(),
});
export type EnvironmentCreate = z.infer<typeof EnvironmentCreate>;

/** A null or an empty text deletes the key. */
const MetadataPatch = z
  .object({})
  .catchall(z.string().nullable())
  .transform((bag) => Object.fromEntries(Object.entries(bag).map(([key, value]) => [key, value || null])))
  .pipe(metadataPatch("invalid_metadata"));

/**
 * The body of `POST /v1/environments/{id}`: an omitted field keeps its value, and so does null, but for `description`, which null clears. The rules
 * between fields hold for the environment that results.
 */
export const EnvironmentUpdate = z.strictObject({
  name: text(1, MAX_ENVIRONMENT_NAME).nullish(),
  description: z.string().nullish(),
  config: EnvironmentConfigParams.nullish(),
  metadata: MetadataPatch.optional(),
  scope: Scope.nullish(),
});
export type EnvironmentUpdate = z.infer<typeof EnvironmentUpdate>;

export const EnvironmentDeleted = z.object({ type: z.literal("environment_deleted"), id: z.string() });
export type EnvironmentDeleted = z.infer<typeof EnvironmentDeleted>;

export const environmentListQuery = queryReader(
  z.strictObject({ limit: pageLimit(20, 100), page: pageCursor, include_archived: flag }),
);
