/** `client.beta.environments` and the two forms of `models` (spec/core.md §3). */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { FORMS } from "./forms.ts";
import { MODEL, useLab } from "./lab.ts";
import { refused } from "./refusal.ts";
import { BODY_RULES, reportRules } from "./rules.ts";

const {
  BetaEnvironmentArchivedError,
  BetaEnvironmentNotFoundError,
  BetaInvalidConfigTypeChangeError,
  BetaInvalidMetadataError,
} = Anthropic.Beta.Environments;
const lab = useLab();

describe.each(FORMS)("$name", (form) => {
  test("an environment is stored in full", async () => {
    const client = lab.client(form);
    const name = lab.word("stored");
    const made = await client.beta.environments.create({ name, config: { type: "cloud" }, metadata: { a: "1" } });
    expect(made).toMatchObject({
      type: "environment",
      name,
      description: null,
      archived_at: null,
      scope: "organization",
      metadata: { a: "1" },
      config: {
        type: "cloud",
        networking: { type: "unrestricted" },
        packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
      },
    });
    expect(await client.beta.environments.retrieve(made.id)).toEqual(made);
  });

  test("a live environment's name is taken; an archived one's is free", async () => {
    const client = lab.client(form);
    const name = lab.word("taken");
    const first = await client.beta.environments.create({ name });
    const before = lab.wire.count("POST", "/v1/environments");
    await refused(client.beta.environments.create({ name }), Anthropic.ConflictError);
    expect(lab.wire.count("POST", "/v1/environments") - before).toBe(1);
    const archived = await client.beta.environments.archive(first.id);
    expect(archived.archived_at).toEqual(expect.any(String));
    expect(await client.beta.environments.archive(first.id)).toEqual(archived);
    expect((await client.beta.environments.create({ name })).id).not.toBe(first.id);
    expect(await client.beta.environments.retrieve(first.id)).toEqual(archived);
  });

  test("an archived environment takes no new session, and the SDK knows why", async () => {
    const client = lab.client(form);
    const [agent, environmentId] = [await lab.agent(client), await lab.environmentId(client)];
    await client.beta.environments.archive(environmentId);
    const create = client.beta.sessions.create({ agent: agent.id, environment_id: environmentId });
    await refused(create, BetaEnvironmentArchivedError);
  });

  test("an update changes what it names, by the rules of each field", async () => {
    const client = lab.client(form);
    const made = await client.beta.environments.create({
      name: lab.word("changing"),
      description: "First.",
      metadata: { a: "1", b: "2", c: "3" },
      config: { type: "cloud", packages: { pip: ["polars==1.0"] } },
    });
    expect(await client.beta.environments.update(made.id, {})).toEqual(made);
    const name = lab.word("changed");
    const changed = await client.beta.environments.update(made.id, {
      name,
      description: null,
      metadata: { a: null, b: "", d: "4" },
      config: {
        type: "cloud",
        networking: { type: "limited", allowed_hosts: ["*.example.com"], allow_package_managers: true },
      },
    });
    expect(changed).toEqual({
      ...made,
      name,
      description: null,
      metadata: { c: "3", d: "4" },
      config: {
        ...made.config,
        networking: {
          type: "limited",
          allowed_hosts: ["*.example.com"],
          allow_mcp_servers: false,
          allow_package_managers: true,
        },
      },
      updated_at: changed.updated_at,
    });
    expect(await client.beta.environments.retrieve(made.id)).toEqual(changed);
    expect((await client.beta.environments.update(made.id, { description: "" })).description).toBe("");
  });

  test("what an update refuses has the SDK's class for it, and is asked once", async () => {
    const client = lab.client(form);
    const [id, other] = [await lab.environmentId(client), await lab.environmentId(client)];
    const { name } = await client.beta.environments.retrieve(other);
    const before = lab.wire.count("POST", `/v1/environments/${id}`);
    const { update } = client.beta.environments;
    const change = update.bind(client.beta.environments, id);
    await refused(change({ config: { type: "self_hosted" } }), BetaInvalidConfigTypeChangeError);
    await refused(change({ metadata: { ["k".repeat(65)]: "v" } }), BetaInvalidMetadataError);
    await refused(change({ name }), Anthropic.ConflictError);
    await refused(change({ scope: "account" }), Anthropic.BadRequestError);
    const open = await refused(
      change({ config: { type: "cloud", networking: { type: "limited" }, packages: { npm: ["zod"] } } }),
      Anthropic.BadRequestError,
    );
    expect(open.apiMessage).toContain("config.packages: needs networking.allow_package_managers");
    await client.beta.environments.archive(id);
    await refused(change({ description: "d" }), BetaEnvironmentArchivedError);
    expect(lab.wire.count("POST", `/v1/environments/${id}`) - before).toBe(6);
  });

  test("an environment is deleted once nothing refers to it", async () => {
    const client = lab.client(form);
    const id = await lab.environmentId(client);
    const session = await lab.session(client, {}, { environment_id: id });
    const before = lab.wire.count("DELETE", `/v1/environments/${id}`);
    const error = await refused(client.beta.environments.delete(id), Anthropic.ConflictError);
    expect(error.type).toBe("invalid_request_error");
    expect(lab.wire.count("DELETE", `/v1/environments/${id}`) - before).toBe(1);
    await client.beta.sessions.delete(session.id);
    lab.wire.sessions.delete(session.id);
    expect(await client.beta.environments.delete(id)).toEqual({ type: "environment_deleted", id });
    await refused(client.beta.environments.retrieve(id), BetaEnvironmentNotFoundError);
  });

  test("list pages newest first, without the archived unless asked", async () => {
    const client = lab.client(form);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift(await lab.environmentId(client));
    await client.beta.environments.archive(ids[1] ?? "");
    const listed = async (more: object) => {
      const found: string[] = [];
      for await (const { id } of client.beta.environments.list({ limit: 2, ...more })) {
        if (ids.includes(id)) found.push(id);
      }
      return found;
    };
    expect(await listed({})).toEqual(ids.filter((id) => id !== ids[1]));
    expect(await listed({ include_archived: true })).toEqual(ids);
  });

  test("too much metadata has a class of its own", async () => {
    const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"]));
    const create = lab.client(form).beta.environments.create({ name: lab.word("full"), metadata });
    await refused(create, BetaInvalidMetadataError);
  });

  test("a missing environment is a 404 wherever it is named", async () => {
    const client = lab.client(form);
    const [agent, id] = [await lab.agent(client), await lab.environmentId(client)];
    const absent = `${id.slice(0, -1)}${id.endsWith("1") ? "2" : "1"}`;
    await refused(client.beta.environments.retrieve(absent), BetaEnvironmentNotFoundError);
    await refused(client.beta.environments.archive(absent), BetaEnvironmentNotFoundError);
    await refused(client.beta.environments.update(absent, {}), BetaEnvironmentNotFoundError);
    await refused(client.beta.environments.delete(absent), BetaEnvironmentNotFoundError);
    const create = client.beta.sessions.create({ agent: agent.id, environment_id: absent });
    await refused(create, BetaEnvironmentNotFoundError);
  });

  test("models list by id, both ways, and are found by id", async () => {
    const client = lab.client(form);
    const ids: string[] = [];
    for await (const { id } of client.beta.models.list({ limit: 5 })) ids.push(id);
    expect(ids).toContain(MODEL);
    expect(ids).toContain("rehearsal");
    expect(new Set(ids).size).toBe(ids.length);
    const plain = await client.models.list({ limit: 1000 });
    expect(plain.data.map(({ id }) => id)).toEqual(ids);
    const back = await client.beta.models.list({ before_id: ids[3] ?? "", limit: 2 });
    expect(back.data.map(({ id }) => id)).toEqual(ids.slice(1, 3));
    expect(await client.beta.models.retrieve(MODEL)).toMatchObject({ id: MODEL, type: "model", line: "sonnet" });
    expect((await client.models.retrieve(MODEL)).id).toBe(MODEL);
    await refused(client.models.retrieve("claude-nobody-knows"), Anthropic.NotFoundError);
  });
});

reportRules(BODY_RULES);
