/** What the wire has and this version does not run: each is refused by name, so that nothing is ignored in silence (issue 2 §2). */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, send } from "./reader.ts";
import { refused } from "./refusal.ts";
import { BODY_RULES, reportRules } from "./rules.ts";

const lab = useLab();
const toolset = { type: "agent_toolset_20260401" as const };
const auto = { permission_policy: { type: "auto" as const } };
const server = { type: "url" as const, name: "docs", url: "https://docs.example/mcp" };
const mcp = { mcp_servers: [server], tools: [{ type: "mcp_toolset" as const, mcp_server_name: "docs" }] };
const skills = { skills: [{ type: "anthropic" as const, skill_id: "xlsx" }], tools: [toolset] };
const outcome = {
  type: "user.define_outcome" as const,
  description: "A clean report",
  rubric: { type: "text" as const, content: "It is short." },
};

const off = { type: "disabled" as const };

/** What an agent may have and no session of it runs, the words that name it, and whether overrides can give it to a session. */
const AGENT: [words: string, fields: object, overrides: boolean][] = [
  ["agent.mcp_servers: MCP servers", mcp, true],
  ["agent.skills: skills", skills, true],
  ["agent.multiagent: multiagent", { multiagent: { type: "coordinator", agents: [{ type: "self" }] } }, false],
  ["agent.multiagent: multiagent", { multiagent: { type: "multiagent_20261001", workflows: off } }, false],
  [
    "agent.tools.0.agent_toolset_20260401.default_config.permission_policy: the permission policy auto",
    { tools: [{ ...toolset, default_config: auto }] },
    true,
  ],
  [
    "agent.tools.0.agent_toolset_20260401.configs.0.permission_policy: the permission policy auto",
    { tools: [{ ...toolset, configs: [{ name: "bash", ...auto }] }] },
    true,
  ],
  [
    "agent.tools.0.agent_toolset_20260401.configs.0: the web_search tool",
    { tools: [{ ...toolset, configs: [{ name: "web_search" }] }] },
    true,
  ],
  [
    "agent.tools.0.agent_toolset_20260401.configs.0: the web_fetch tool",
    { tools: [{ ...toolset, configs: [{ name: "web_fetch", max_content_tokens: 100 }] }] },
    true,
  ],
  [
    "agent.execution_identity: an execution identity of type aws_role",
    { execution_identity: { type: "aws_role", role_arn: "arn:aws:iam::123456789012:role/agent" } },
    false,
  ],
];

const ENVIRONMENT: [words: string, fields: object][] = [
  ["environment_id: a self-hosted environment", { config: { type: "self_hosted" } }],
  [
    "environment_id: an environment's limited networking",
    { config: { type: "cloud", networking: { type: "limited", allowed_hosts: ["docs.example"] } } },
  ],
  ["environment_id: installing an environment's packages", { config: { type: "cloud", packages: { pip: ["numpy"] } } }],
];

const SESSION: [words: string, fields: object][] = [
  ["vault_ids: vaults", { vault_ids: ["vlt_01"] }],
  ["resources.0.file: resources", { resources: [{ type: "file", file_id: "file_01" }] }],
  [
    "resources.0.github_repository: resources",
    { resources: [{ type: "github_repository", url: "https://github.com/example/repository" }] },
  ],
  ["resources.0.memory_store: resources", { resources: [{ type: "memory_store", memory_store_id: "memstore_01" }] }],
  ["initial_events.0.user_define_outcome: outcomes", { initial_events: [outcome] }],
];

const EVENT: [words: string, event: object][] = [
  ["events.0.user_define_outcome: outcomes", outcome],
  [
    "events.0.user_message.content.0.source: uploaded files",
    { type: "user.message", content: [{ type: "image", source: { type: "file", file_id: "file_01" } }] },
  ],
  [
    "events.0.user_message.content.0.source: uploaded files",
    { type: "user.message", content: [{ type: "document", source: { type: "file", file_id: "file_01" } }] },
  ],
];

describe.each(FORMS)("$name", (form) => {
  async function namedBadRequest(call: PromiseLike<unknown>, words: string): Promise<void> {
    const error = await refused(call, Anthropic.BadRequestError);
    expect(error.type).toBe("invalid_request_error");
    expect(error.apiMessage?.slice(0, words.length)).toBe(words);
    expect(error.apiMessage).toContain("not supported by this version of Sinew yet");
  }

  test.each(AGENT)("of a session of an agent with: %s", async (words, fields, overrides) => {
    const client = lab.client(form);
    const [agent, environmentId] = [await lab.agent(client, fields), await lab.environmentId(client)];
    expect(await client.beta.agents.retrieve(agent.id)).toEqual(agent);
    const create = (agent: string | { type: "agent_with_overrides"; id: string }) =>
      client.beta.sessions.create({ agent, environment_id: environmentId });
    await namedBadRequest(create(agent.id), words);
    if (!overrides) return;
    const plain = await lab.agent(client);
    await namedBadRequest(create({ type: "agent_with_overrides", id: plain.id, ...fields }), words);
    const cleared = { tools: null, mcp_servers: null, skills: null };
    expect(await create({ type: "agent_with_overrides", id: agent.id, ...cleared })).toMatchObject({ status: "idle" });
  });

  test("a roster that is all off needs nothing", async () => {
    const client = lab.client(form);
    const multiagent = { type: "multiagent_20261001" as const, advisor: off, subagents: off, workflows: off };
    expect((await lab.session(client, { multiagent })).agent.multiagent).toEqual(multiagent);
  });

  test.each(ENVIRONMENT)("of a session in an environment: %s", async (words, fields) => {
    const client = lab.client(form);
    const environment = await client.beta.environments.create({ name: lab.word("later"), ...fields });
    expect(await client.beta.environments.retrieve(environment.id)).toEqual(environment);
    await namedBadRequest(lab.session(client, {}, { environment_id: environment.id }), words);
    expect(lab.wire.sessions.size).toBe(0);
  });

  test.each(SESSION)("of a session: %s", async (words, fields) => {
    const client = lab.client(form);
    await namedBadRequest(lab.session(client, {}, fields), words);
    expect(lab.wire.sessions.size).toBe(0);
  });

  test("of the events of a session", async () => {
    const { client, session } = await lab.talk(form);
    const send = (event: object) => client.beta.sessions.events.send(session.id, { events: [event] as never });
    for (const [words, event] of EVENT) await namedBadRequest(send(event), words);
    const result = { type: "user.tool_result", tool_use_id: "sevt_01" };
    const error = await refused(send(result), Anthropic.PermissionDeniedError);
    expect([error.type, error.apiMessage]).toEqual(["permission_error", expect.stringContaining("user.tool_result")]);
    expect((await client.beta.sessions.events.list(session.id)).data).toEqual([]);
  });

  test("what is refused in one part is not stored in another", async () => {
    const { client, session } = await lab.talk(form);
    const sent = send(client, session.id, message("Hello."), outcome);
    await refused(sent, Anthropic.BadRequestError);
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("idle");
  });
});

reportRules(BODY_RULES);
