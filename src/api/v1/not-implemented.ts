/** Resources of the wire that this version does not have (spec/core.md §1.7): each is refused by its name, never with a bare error. */
import { type Resource, type Route, resourceNotBuilt } from "../route.ts";

const resource: Resource = { tag: "Not built", about: "Resources to come.", gate: "version", schemas: [] };
const gated: Resource = { ...resource, gate: "beta" };

export const notImplemented: Route[] = [
  resourceNotBuilt(
    { ...gated, finalRefusals: true },
    "/v1/environments/{environment_id}/work",
    "environments.work",
    "the work queue of self-hosted environments",
  ),
  resourceNotBuilt(
    { ...gated, namesWorkspace: true },
    "/v1/sessions/{session_id}/resources",
    "sessions.resources",
    "session resources",
  ),
  resourceNotBuilt(resource, "/v1/vaults", "vaults", "vaults"),
  resourceNotBuilt(resource, "/v1/files", "files", "files"),
  resourceNotBuilt(resource, "/v1/skills", "skills", "skills"),
  resourceNotBuilt(resource, "/v1/memory_stores", "memoryStores", "memory stores"),
  resourceNotBuilt(resource, "/v1/deployments", "deployments", "deployments"),
  resourceNotBuilt(resource, "/v1/deployment_runs", "deploymentRuns", "deployment runs"),
  resourceNotBuilt(resource, "/v1/user_profiles", "userProfiles", "user profiles"),
  resourceNotBuilt(resource, "/v1/dreams", "dreams", "dreams"),
  resourceNotBuilt(resource, "/v1/tunnels", "tunnels", "tunnels"),
  resourceNotBuilt(resource, "/v1/messages", "messages", "the Messages API"),
];
