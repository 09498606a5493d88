/** Resources of the wire that this version does not have (spec/core.md §1.7): each is refused by its name, never with a bare error. */
import { type Route, type RouteGroup, resourceNotBuilt } from "../route.ts";

const group: RouteGroup = { tag: "Not built", about: "Resources to come.", gate: "version", schemas: [] };
const gated: RouteGroup = { ...group, gate: "beta" };

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
  resourceNotBuilt(group, "/v1/vaults", "vaults", "vaults"),
  resourceNotBuilt(group, "/v1/files", "files", "files"),
  resourceNotBuilt(group, "/v1/skills", "skills", "skills"),
  resourceNotBuilt(group, "/v1/memory_stores", "memoryStores", "memory stores"),
  resourceNotBuilt(group, "/v1/deployments", "deployments", "deployments"),
  resourceNotBuilt(group, "/v1/deployment_runs", "deploymentRuns", "deployment runs"),
  resourceNotBuilt(group, "/v1/user_profiles", "userProfiles", "user profiles"),
  resourceNotBuilt(group, "/v1/dreams", "dreams", "dreams"),
  resourceNotBuilt(group, "/v1/tunnels", "tunnels", "tunnels"),
  resourceNotBuilt(group, "/v1/messages", "messages", "the Messages API"),
];
