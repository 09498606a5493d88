/** Every method of the SDK's resources that concern this API, found by walking a client: a new SDK brings its new ones by itself. */
import type Anthropic from "@anthropic-ai/sdk";

/** Resources below `client.beta`, in the order of the table. The Messages API and the organization's administration and reviews are other products. */
const RESOURCES = [
  "agents",
  "environments",
  "sessions",
  "vaults",
  "memoryStores",
  "files",
  "skills",
  "deployments",
  "deploymentRuns",
  "dreams",
  "webhooks",
  "userProfiles",
  "tunnels",
  "models",
];
export const OTHER_PRODUCTS = ["messages", "organization", "compliance"];

/** Dotted names below `client.beta`, e.g. `sessions.events.send`. */
export function sdkMethods(client: Anthropic): string[] {
  const beta = client.beta as unknown as Record<string, object>;
  return RESOURCES.flatMap((name) => methodsOf(beta[name], name));
}

/** Resources below `client.beta` that the list above does not know. */
export function unknownResources(client: Anthropic): string[] {
  const known = [...RESOURCES, ...OTHER_PRODUCTS];
  return children(client.beta)
    .map(([name]) => name)
    .filter((name) => !known.includes(name));
}

function methodsOf(resource: object | undefined, path: string): string[] {
  if (resource === undefined) throw new Error(`the SDK has no client.beta.${path}`);
  const own = Object.getOwnPropertyNames(Object.getPrototypeOf(resource));
  return [
    ...own.filter((name) => name !== "constructor" && !name.startsWith("_")).map((name) => `${path}.${name}`),
    ...children(resource).flatMap(([name, child]) => methodsOf(child, `${path}.${name}`)),
  ];
}

function children(resource: object): [string, object][] {
  return Object.entries(resource).filter(
    (entry): entry is [string, object] => typeof entry[1] === "object" && entry[1] !== null && "_client" in entry[1],
  );
}
