import { describe, expect, test } from "vitest";
import { agentConflict } from "../../src/protocol/agent-rules.ts";
import { AgentCreate } from "../../src/protocol/agents.ts";
import { accepted, refusal, refuses } from "./check.ts";

const body = (...tools: unknown[]) => ({ name: "n", model: "m", tools });
const toolset = (fields: object = {}) => ({ type: "agent_toolset_20260401", ...fields });
const configs = (...list: object[]) => toolset({ configs: list });
const custom = (fields: object = {}) => ({
  type: "custom",
  name: "weather",
  description: "d",
  input_schema: { type: "object" },
  ...fields,
});
const says = (...tools: unknown[]) => refusal(AgentCreate, body(...tools)).message;
const IN_TOOLSET = "tools.0.agent_toolset_20260401.";

describe("custom tools", () => {
  test.each(["a", "A-b_9", "x".repeat(128), "mcp_", "my_mcp__x"])("the name %s is fine", (name) => {
    accepted(AgentCreate, body(custom({ name })));
  });
  test.each(["", "x".repeat(129), "a b", "é", "a.b"])("the name %s is refused", (name) => {
    expect(says(custom({ name }))).toBe(
      "tools.0.custom.name: must be 1 to 128 letters, digits, underscores or hyphens",
    );
  });
  test("the prefix of MCP tools is reserved", () => {
    expect(says(custom({ name: "mcp__github__search" }))).toBe(
      "tools.0.custom.name: must not begin with mcp__, which names the tools of MCP servers",
    );
  });
  test("the input schema is kept as it came", () => {
    const input_schema = {
      type: "object",
      properties: { a: { type: "string", enum: ["x", null, 1.5] } },
      required: ["a"],
      $defs: { b: {} },
    };
    expect(accepted(AgentCreate, body(custom({ input_schema }))).tools?.[0]).toEqual(custom({ input_schema }));
  });
  test.each<[object, string]>([
    [{ input_schema: { type: "string" } }, "tools.0.custom.input_schema.type: must be object"],
    [{ input_schema: {} }, "tools.0.custom.input_schema.type: is required; send object"],
    [
      { input_schema: { type: "object", required: "a" } },
      "tools.0.custom.input_schema.required: must be an array, is a string",
    ],
    [{ description: undefined }, "tools.0.custom.description: is required; send a string"],
    [{ strict: true }, "tools.0.custom.strict: unknown key; remove it"],
  ])("%j is refused", (fields, message) => {
    expect(says(custom(fields))).toBe(message);
  });
  test("a schema nests so deep and no deeper", () => {
    const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });
    const schema = (levels: number) => custom({ input_schema: { type: "object", properties: { a: nested(levels) } } });
    accepted(AgentCreate, body(schema(63)));
    expect(says(schema(64))).toContain("must be JSON nested at most 64 levels deep");
  });
});

describe("the agent toolset", () => {
  test("takes a config for each of its eight tools, with or without the type", () => {
    const names = ["bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search"];
    accepted(AgentCreate, body(configs(...names.map((name) => ({ name, enabled: null, permission_policy: null })))));
    accepted(AgentCreate, body(configs(...names.map((name) => ({ name, type: name, enabled: false })))));
  });
  test.each<[object, string]>([
    [{ name: "python" }, "configs.0.name: must be one of bash, read, write, edit, glob, grep, web_fetch, web_search"],
    [{}, "configs.0.name: is required; send one of bash, read, write, edit, glob, grep, web_fetch, web_search"],
    [{ name: "bash", type: "read" }, "configs.0.type: must be bash, as name is; or leave it out"],
    [{ name: "bash", bogus: 1 }, "configs[0].bogus: unknown key; remove it"],
    [{ name: "bash", enabled: "yes" }, "configs.0.enabled: must be a boolean, is a string"],
    [
      { name: "bash", permission_policy: { type: "never" } },
      "configs.0.permission_policy.type: must be one of always_allow, always_ask, auto",
    ],
    [{ name: "read", allowed_domains: ["example.com"] }, "configs[0].allowed_domains: unknown key; remove it"],
  ])("the config %j is refused", (config, message) => {
    expect(says(configs(config))).toBe(IN_TOOLSET + message);
  });
  test("a tool is configured once", () => {
    expect(says(configs({ name: "bash" }, { name: "read" }, { name: "bash" }))).toBe(
      `${IN_TOOLSET}configs.2.name: bash is configured twice; keep one entry`,
    );
  });
  test.each(["docs.example.com", "EXAMPLE.org", "a.b.example.co"])("the domain %s is fine", (domain) => {
    accepted(AgentCreate, body(configs({ name: "web_fetch", allowed_domains: [domain] })));
  });
  test.each([
    "https://example.com",
    "example.com:80",
    "*.example.com",
    "localhost",
    "com",
    "10.0.0.1",
    "a.local",
    "example.com/x",
    "",
  ])("the domain %s is refused", (domain) => {
    expect(says(configs({ name: "web_fetch", allowed_domains: [domain] }))).toContain(
      "allowed_domains.0: must be a public hostname",
    );
  });
  test("a domain has at most 255 characters", () => {
    const domain = (length: number) => `${"d".repeat(length - 12)}.example.com`;
    accepted(AgentCreate, body(configs({ name: "web_fetch", allowed_domains: [domain(255)] })));
    expect(says(configs({ name: "web_fetch", allowed_domains: [domain(256)] }))).toContain(
      "must have at most 255 characters",
    );
  });
  test("a long one is refused before a pattern looks at it: that took the square of its length", () => {
    const domain = `${"/".repeat(1_000_000)}\n`;
    expect(says(configs({ name: "web_search", allowed_domains: [domain] }))).toContain(
      "must have at most 255 characters",
    );
  });
  test("max_content_tokens begins at 1", () => {
    accepted(AgentCreate, body(configs({ name: "web_fetch", max_content_tokens: 1 })));
    expect(says(configs({ name: "web_fetch", max_content_tokens: 0 }))).toContain(
      "max_content_tokens: must be at least 1",
    );
  });
  test("only web_search takes a path after the domain", () => {
    accepted(AgentCreate, body(configs({ name: "web_search", blocked_domains: ["example.com/ads"] })));
  });
  test("domain lists have 1 to 64 entries, and there is one of them", () => {
    const list = (count: number) => Array.from({ length: count }, (_, i) => `d${i}.example.com`);
    accepted(AgentCreate, body(configs({ name: "web_fetch", allowed_domains: list(64) })));
    expect(says(configs({ name: "web_fetch", allowed_domains: list(65) }))).toContain("must have at most 64 entries");
    expect(says(configs({ name: "web_fetch", allowed_domains: [] }))).toContain("must not be empty; leave it out");
    expect(says(configs({ name: "web_fetch", allowed_domains: ["a.com", "A.com"] }))).toContain(
      "must not name a domain twice",
    );
    expect(says(configs({ name: "web_fetch", allowed_domains: list(1), blocked_domains: list(1) }))).toContain(
      "blocked_domains: cannot be combined",
    );
  });
  test("url_sources are spread out, and not all none", () => {
    const sources = (url_sources: object) => body(configs({ name: "web_fetch", url_sources }));
    const [tool] = accepted(AgentCreate, sources({ user_input: "all", client_tool_results: "none" })).tools ?? [];
    expect(tool).toMatchObject({
      configs: [{ url_sources: { user_input: { type: "all" }, client_tool_results: { type: "none" } } }],
    });
    const none = { user_input: "none", client_tool_results: { type: "none" }, server_tool_results: "none" };
    refuses(AgentCreate, sources(none), "url_sources: must not be none in all three");
    const references = (...list: string[]) => list.map((name) => ({ type: "tool_reference", name }));
    const first = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`);
    const from = (...list: string[]) => ({ client_tool_results: { type: "only", tools: references(...list) } });
    const offered = (source: object) => ({
      ...body(configs({ name: "web_fetch", url_sources: source }), ...first(129).map((name) => custom({ name }))),
    });
    accepted(AgentCreate, offered(from(...first(128))));
    refuses(AgentCreate, offered(from(...first(129))), "at most 128 entries");
    refuses(AgentCreate, offered(from()), "tools: must not be empty");
    refuses(AgentCreate, offered(from("t1", "t1")), "tools: must not name a tool twice");
    refuses(AgentCreate, offered(from("")), "tools.0.tool_reference.name: must not be empty");
  });

  test("url_sources name custom tools of the agent, and the web tools", () => {
    const references = (...list: string[]) => list.map((name) => ({ type: "tool_reference", name }));
    const from = (source: object) => body(configs({ name: "web_fetch", url_sources: source }), custom());
    for (const type of ["only", "except"]) {
      accepted(AgentCreate, from({ client_tool_results: { type, tools: references("weather") } }));
      expect(
        refusal(AgentCreate, from({ client_tool_results: { type, tools: references("weather", "bash") } })).message,
      ).toBe(
        `${IN_TOOLSET}configs.0.url_sources.client_tool_results.tools.1.tool_reference.name: names no custom tool in tools; add the tool or remove the name`,
      );
      accepted(AgentCreate, from({ server_tool_results: { type, tools: references("web_fetch", "web_search") } }));
      refuses(
        AgentCreate,
        from({ server_tool_results: { type, tools: references("web_fetch", "weather") } }),
        "server_tool_results.tools.1.tool_reference.name: must be web_search or web_fetch",
      );
    }
  });

  test("a search's location is a country by its code and a named timezone", () => {
    const near = (place: object) =>
      body(configs({ name: "web_search", user_location: { type: "approximate", ...place } }));
    accepted(AgentCreate, near({ country: "CH", timezone: "Europe/Zurich", city: "Bern", region: null }));
    accepted(AgentCreate, near({ timezone: "UTC" }));
    const at = `${IN_TOOLSET}configs.0.user_location.`;
    for (const country of ["ch", "CHE", "Switzerland", ""])
      refuses(AgentCreate, near({ country }), `${at}country: must be a two-letter`);
    for (const timezone of ["Europe/Nowhere", "+02:00", "x".repeat(100)])
      refuses(AgentCreate, near({ timezone }), `${at}timezone: must be an IANA timezone`);
    refuses(AgentCreate, near({ city: "c".repeat(256) }), `${at}city: must have at most 255`);
  });
});

describe("rules between tools, servers and skills", () => {
  const server = (name: string) => ({ type: "url" as const, name, url: "https://mcp.example.com" });
  const mcp = (mcp_server_name: string) => ({ type: "mcp_toolset" as const, mcp_server_name });
  const plain = { type: "agent_toolset_20260401" as const };
  const tool = (name: string) => ({
    type: "custom" as const,
    name,
    description: "d",
    input_schema: { type: "object" as const },
  });
  const skill = [{ type: "anthropic", skill_id: "xlsx" }];
  const off = (name: "read" | "bash") => ({ ...plain, configs: [{ name, enabled: false }] });

  test.each<[string, Parameters<typeof agentConflict>[0]]>([
    ["nothing at all", {}],
    ["a server and its toolset", { mcp_servers: [server("a")], tools: [plain, mcp("a")] }],
    ["a custom tool in place of a disabled one", { tools: [off("bash"), tool("bash")] }],
    ["skills with the read tool", { skills: skill, tools: [plain] }],
    [
      "skills with everything off but read",
      {
        skills: skill,
        tools: [{ ...plain, default_config: { enabled: false }, configs: [{ name: "read", enabled: true }] }],
      },
    ],
  ])("%s is fine", (_, agent) => {
    expect(agentConflict(agent)).toBeNull();
  });

  test.each<[string, Parameters<typeof agentConflict>[0], string]>([
    ["a server without a toolset", { mcp_servers: [server("a")] }, "mcp_servers.0"],
    ["a toolset without a server", { tools: [mcp("a")] }, "tools.0.mcp_server_name"],
    [
      "two toolsets of a server",
      { mcp_servers: [server("a")], tools: [mcp("a"), mcp("a")] },
      "tools.1.mcp_server_name",
    ],
    ["two servers of a name", { mcp_servers: [server("a"), server("a")], tools: [mcp("a")] }, "mcp_servers.1.name"],
    ["two tools of a name", { tools: [tool("x"), tool("y"), tool("x")] }, "tools.2.name"],
    ["a custom tool named as an enabled one", { tools: [plain, tool("bash")] }, "tools.1.name"],
    ["the same the other way round", { tools: [tool("bash"), plain] }, "tools.1"],
    ["two agent toolsets", { tools: [off("bash"), { ...plain, default_config: { enabled: false } }] }, "tools.1"],
    ["skills without tools", { skills: skill }, "skills"],
    ["skills without the read tool", { skills: skill, tools: [off("read")] }, "skills"],
  ])("%s is refused", (_, agent, path) => {
    expect(agentConflict(agent)?.path.join(".")).toBe(path);
  });

  test("a create checks them, with the name of the tool in the path", () => {
    expect(says(plain, tool("grep"))).toBe("tools.1.custom.name: another tool is named grep; rename or disable one");
  });
});
