/** `/v1/environments` (spec/core.md §3). */
import { listName } from "../../catalog/cursor.ts";
import { archiveEnvironment, deleteEnvironment, listEnvironments } from "../../catalog/environments.ts";
import * as wire from "../../protocol/environments.ts";
import { ApiError, conflict, missing } from "../../protocol/errors.ts";
import { page } from "../../protocol/page.ts";
import { changeEnvironment, createEnvironment, environmentOf } from "../../services/write-environment.ts";
import { nowMicros } from "../context.ts";
import { paginate } from "../list.ts";
import { callerOf, platformOf } from "../platform.ts";
import { type RouteGroup, route } from "../route.ts";

const group: RouteGroup = {
  tag: "Environments",
  about: "Where the tools of a session run.",
  gate: "beta",
  finalRefusals: true,
  schemas: [wire],
};

export const environments = [
  route({
    group,
    method: "POST",
    path: "/v1/environments",
    id: "createEnvironment",
    summary: "Create an environment",
    sdk: ["environments.create"],
    creates: true,
    body: wire.EnvironmentCreate,
    example: { name: "first", config: { type: "cloud" } },
    answer: wire.Environment,
    refusals: [409],
    handle: (c, { body }) => createEnvironment(platformOf(c), callerOf(c), body),
  }),
  route({
    group,
    method: "GET",
    path: "/v1/environments",
    id: "listEnvironments",
    summary: "List environments, newest first",
    sdk: ["environments.list"],
    query: wire.environmentListQuery,
    answer: page(wire.Environment),
    handle: (c, { query }) =>
      paginate(listName("environments", c.var.workspace), query, (slice) =>
        listEnvironments(c.env.DB, c.var.workspace, slice, query.include_archived),
      ),
  }),
  route({
    group,
    method: "GET",
    path: "/v1/environments/{environment_id}",
    id: "getEnvironment",
    summary: "Get an environment",
    sdk: ["environments.retrieve"],
    answer: wire.Environment,
    handle: (c, { environment_id }) => environmentOf(platformOf(c), callerOf(c), environment_id),
  }),
  route({
    group,
    method: "POST",
    path: "/v1/environments/{environment_id}",
    id: "updateEnvironment",
    summary: "Update an environment",
    sdk: ["environments.update"],
    body: wire.EnvironmentUpdate,
    example: { description: "For everyday work." },
    answer: wire.Environment,
    refusals: [409],
    handle: (c, { environment_id, body }) => changeEnvironment(platformOf(c), callerOf(c), environment_id, body),
  }),
  route({
    group,
    method: "DELETE",
    path: "/v1/environments/{environment_id}",
    id: "deleteEnvironment",
    summary: "Delete an environment that no session uses",
    sdk: ["environments.delete"],
    answer: wire.EnvironmentDeleted,
    refusals: [409],
    handle: async (c, { environment_id: id }) => {
      const outcome = await deleteEnvironment(c.env.DB, c.var.workspace, id);
      if (outcome === "absent") throw missing("environment", id);
      // @inferred: the documents name the rule (spec/core.md §3) and not the answer; the queue's own case is a 409.
      if (outcome === "used")
        throw new ApiError(
          conflict(`environment ${id} is used by sessions; delete them first, or archive the environment`),
        );
      return { type: "environment_deleted" as const, id };
    },
  }),
  route({
    group,
    method: "POST",
    path: "/v1/environments/{environment_id}/archive",
    id: "archiveEnvironment",
    summary: "Archive an environment",
    sdk: ["environments.archive"],
    answer: wire.Environment,
    handle: async (c, { environment_id: id }) => {
      const environment = await archiveEnvironment(c.env.DB, c.var.workspace, id, nowMicros());
      if (!environment) throw missing("environment", id);
      return environment;
    },
  }),
];
