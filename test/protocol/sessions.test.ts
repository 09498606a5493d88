import { describe, expect, test } from "vitest";
import { SessionCreate } from "../../src/protocol/sessions.ts";
import { accepted, refusal } from "./check.ts";

const create = (fields: object = {}) => ({ agent: "agent_1", environment_id: "env_1", ...fields });
const says = (fields: object) => refusal(SessionCreate, create(fields)).message;
const message = { type: "user.message", content: [{ type: "text", text: "t" }] };
const outcome = { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } };
const overrides = (fields: object = {}) => ({ agent: { type: "agent_with_overrides", id: "agent_1", ...fields } });
const budget = (amount: unknown, currency = "USD") => ({
  budget: { type: "limit", max_list_cost: { amount, currency } },
});
const files = (count: number) => ({
  type: "user.message",
  content: Array.from({ length: count }, () => ({ type: "document", source: { type: "file", file_id: "file_1" } })),
});

describe("a session's create body", () => {
  test.each<[string, object]>([
    ["the least", {}],
    ["an agent by version", { agent: { type: "agent", id: "agent_1", version: 3 } }],
    [
      "overrides that replace",
      overrides({ version: 1, model: "m", system: "s", tools: [{ type: "agent_toolset_20260401" }] }),
    ],
    ["overrides that clear", overrides({ system: null, tools: [], mcp_servers: null, skills: null })],
    ["no events at all", { initial_events: [] }],
    ["fifty events", { initial_events: Array.from({ length: 50 }, () => message) }],
    ["one outcome", { initial_events: [message, outcome] }],
    ["a hundred files", { initial_events: [files(60), files(40)] }],
    ["a budget", budget("2500")],
    [
      "resources",
      {
        resources: [
          { type: "file", file_id: "file_1", mount_path: null },
          { type: "memory_store", memory_store_id: "memstore_1", instructions: "i".repeat(4096) },
          {
            type: "github_repository",
            url: "https://github.com/example/example",
            checkout: { type: "branch", name: "main" },
          },
        ],
      },
    ],
    ["vaults, title and metadata", { vault_ids: ["vlt_1"], title: null, metadata: { a: "b" } }],
  ])("%s", (_, fields) => {
    accepted(SessionCreate, create(fields));
  });

  test.each<[string, object]>([
    ["agent: is required", { agent: undefined }],
    ["agent.type: must be one of agent, agent_with_overrides", { agent: { type: "bot", id: "a" } }],
    ["agent.version: must be at least 1", { agent: { type: "agent", id: "a", version: 0 } }],
    ["agent.version: must be at least 1", overrides({ version: 0 })],
    ["agent.name: unknown key; remove it", overrides({ name: "n" })],
    [
      "agent.system: must have at most 100000 characters, has 100001; shorten it",
      overrides({ system: "s".repeat(100_001) }),
    ],
    [
      "agent.tools.0.custom.name: must be 1 to 128 letters, digits, underscores or hyphens",
      overrides({ tools: [{ type: "custom", name: "a b", description: "", input_schema: { type: "object" } }] }),
    ],
    ["environment_id: is required; send a string", { environment_id: undefined }],
    ["initial_events: must have at most 50 events", { initial_events: Array.from({ length: 51 }, () => message) }],
    ["initial_events: must have at most one user.define_outcome", { initial_events: [outcome, outcome] }],
    [
      "initial_events: must have at most 100 documents that name a file, has 101",
      { initial_events: [files(60), files(41)] },
    ],
    [
      "initial_events.0.type: must be one of user.message, user.define_outcome",
      { initial_events: [{ type: "system.message", content: message.content }] },
    ],
    [
      "initial_events.0.type: must be one of user.message, user.define_outcome",
      { initial_events: [{ type: "user.interrupt" }] },
    ],
    [
      "initial_events.0.user_message.content.0.text: must not be empty",
      { initial_events: [{ type: "user.message", content: [{ type: "text", text: "" }] }] },
    ],
    ["budget.max_list_cost.currency: must be USD", budget("1", "EUR")],
    ["budget.max_list_cost.amount: must be a string, is a number", budget(25)],
    [
      "resources.0.github_repository.url: is required; send a string",
      { resources: [{ type: "github_repository", authorization_token: "t" }] },
    ],
    [
      "resources.0.github_repository.authorization_token: must not be empty",
      { resources: [{ type: "github_repository", url: "u", authorization_token: "" }] },
    ],
    [
      "resources.0.memory_store.instructions: must have at most 4096 characters, has 4097; shorten it",
      { resources: [{ type: "memory_store", memory_store_id: "m", instructions: "i".repeat(4097) }] },
    ],
    ["deployment_id: unknown key; remove it", { deployment_id: "depl_1" }],
  ])("refused: %s", (message, fields) => {
    expect(says(fields)).toBe(message);
  });

  test.each(["0", "01", "1.5", "-1", "", "1e3", " 1"])("not a budget of %s cents", (amount) => {
    expect(says(budget(amount))).toContain("budget.max_list_cost.amount: must be a positive whole number of cents");
  });

  test("a budget has at most 15 digits", () => {
    accepted(SessionCreate, create(budget("9".repeat(15))));
    expect(says(budget("9".repeat(16)))).toContain("must have at most 15 digits");
  });

  test("a cleared model has a code of its own", () => {
    expect(refusal(SessionCreate, create(overrides({ model: null })))).toEqual({
      message: "agent.model: cannot be cleared; name a model or leave it out",
      code: "agent_model_required",
    });
  });
});
