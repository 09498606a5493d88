/** What an agent may name though no session of it runs yet: it is validated, stored and echoed in its resolved form (spec/core.md §2). */
import { expect, test } from "vitest";
import { Agent } from "../../src/protocol/agents.ts";
import { call, testServer } from "./harness.ts";

const server = testServer();
const MODEL = "claude-opus-5-5";
const make = (fields: object = {}) => call(server, "POST", "/v1/agents", { name: "a", model: MODEL, ...fields });
const update = (id: unknown, fields: object) => call(server, "POST", `/v1/agents/${id}`, fields);
const get = async (path: string) => (await call(server, "GET", `/v1/agents/${path}`)).body;

const docs = { type: "url", name: "docs", url: "https://mcp.example.com/docs" };
const docsTools = { type: "mcp_toolset", mcp_server_name: "docs" };
const toolset = { type: "agent_toolset_20260401" };
const xlsx = { type: "anthropic", skill_id: "xlsx" };
const ask = { enabled: true, permission_policy: { type: "always_ask" } };
const allow = { enabled: true, permission_policy: { type: "always_allow" } };
const auto = { enabled: true, permission_policy: { type: "auto" } };

test.each<[string, object, object]>([
  [
    "an MCP server and its toolset, which asks unless told otherwise",
    { mcp_servers: [docs], tools: [{ ...docsTools, configs: [{ name: "search", enabled: false }] }] },
    {
      mcp_servers: [docs],
      tools: [
        {
          ...docsTools,
          default_config: ask,
          configs: [{ name: "search", enabled: false, permission_policy: { type: "always_ask" } }],
        },
      ],
    },
  ],
  [
    "skills, the newest version unless one is named",
    { skills: [xlsx, { ...xlsx, skill_id: "pptx", version: "20251002" }], tools: [toolset] },
    {
      skills: [
        { ...xlsx, version: "latest" },
        { ...xlsx, skill_id: "pptx", version: "20251002" },
      ],
    },
  ],
  [
    "the policy auto",
    { tools: [{ ...toolset, default_config: { permission_policy: { type: "auto" } }, configs: [{ name: "bash" }] }] },
    { tools: [{ ...toolset, default_config: auto, configs: [{ name: "bash", type: "bash", ...auto }] }] },
  ],
  [
    "web tools with what limits them",
    {
      tools: [
        {
          ...toolset,
          configs: [
            {
              name: "web_search",
              allowed_domains: ["example.com/docs"],
              user_location: { type: "approximate", country: "CH" },
            },
            {
              name: "web_fetch",
              blocked_domains: ["ads.example.com"],
              max_content_tokens: 500,
              url_sources: { user_input: "none" },
            },
          ],
        },
      ],
    },
    {
      tools: [
        {
          ...toolset,
          default_config: allow,
          configs: [
            {
              name: "web_search",
              type: "web_search",
              ...allow,
              allowed_domains: ["example.com/docs"],
              user_location: { type: "approximate", country: "CH" },
            },
            {
              name: "web_fetch",
              type: "web_fetch",
              ...allow,
              blocked_domains: ["ads.example.com"],
              max_content_tokens: 500,
              url_sources: { client_tool_results: null, server_tool_results: null, user_input: { type: "none" } },
            },
          ],
        },
      ],
    },
  ],
  [
    "a role",
    { execution_identity: { type: "aws_role", role_arn: "arn:aws:iam::123456789012:role/agent" } },
    { execution_identity: { type: "aws_role", role_arn: "arn:aws:iam::123456789012:role/agent" } },
  ],
])("%s", async (_, fields, echoed) => {
  const made = await make(fields);
  expect(made.status).toBe(200);
  expect(made.body).toMatchObject(echoed);
  expect(Agent.parse(made.body)).toEqual(made.body);
  expect(await get(String(made.body.id))).toEqual(made.body);
  // What was answered can be sent again: nothing changes.
  const { tools, mcp_servers, skills, execution_identity } = made.body;
  const again = await update(made.body.id, { tools, mcp_servers, skills, execution_identity });
  expect(again.body).toEqual(made.body);
});

test("an update sets, replaces and clears them, and the rules hold for what results", async () => {
  const { body } = await make({ tools: [toolset] });
  const id = body.id;
  const second = await update(id, { mcp_servers: [docs], tools: [toolset, docsTools], skills: [xlsx] });
  expect(second.body).toMatchObject({ version: 2, mcp_servers: [docs], skills: [{ ...xlsx, version: "latest" }] });
  const refusals: [object, string][] = [
    [{ mcp_servers: null }, "agent.tools.1.mcp_toolset.mcp_server_name: names no entry of mcp_servers"],
    [{ tools: [toolset] }, "agent.mcp_servers.0: no mcp_toolset in tools names this server"],
    [{ tools: [docsTools] }, "agent.skills: need the read tool"],
    [
      { tools: [docsTools, { ...toolset, configs: [{ name: "read", enabled: false }] }] },
      "agent.skills: need the read tool",
    ],
    [{ skills: [{ type: "custom", skill_id: "skill_1" }] }, "agent.skills.0.custom.skill_id: there is no such skill"],
    [{ mcp_servers: [{ ...docs, url: "stdio" }] }, "agent.mcp_servers.0.url: must be an http or https URL"],
  ];
  for (const [fields, message] of refusals) {
    const refused = await update(id, fields);
    expect([refused.status, refused.body.error?.message.slice(0, message.length)]).toEqual([400, message]);
  }
  expect(await get(String(id))).toEqual(second.body);
  const third = await update(id, { mcp_servers: null, skills: [], tools: null, execution_identity: null });
  expect(third.body).toMatchObject({
    version: 3,
    mcp_servers: [],
    skills: [],
    tools: [],
    execution_identity: { type: "service_account" },
  });
});

test("an empty text clears like null", async () => {
  const { body } = await make({ system: "", description: "" });
  expect(body).toMatchObject({ system: null, description: null });
  const set = await update(body.id, { system: "s", description: "d" });
  expect(set.body).toMatchObject({ version: 2, system: "s", description: "d" });
  expect((await update(body.id, { system: "", description: "" })).body).toMatchObject({
    version: 3,
    system: null,
    description: null,
  });
});

test("no version, null and the newest one are no lock to break", async () => {
  const { body } = await make();
  expect((await update(body.id, { name: "b", version: null })).body.version).toBe(2);
  expect((await update(body.id, { name: "c", version: 2 })).body.version).toBe(3);
});
