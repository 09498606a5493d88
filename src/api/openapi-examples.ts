/** Bodies to begin with, as the definition shows them. A test sends each. */
export const agent = {
  name: "Helper",
  model: "claude-haiku-5-5",
  system: "You answer in one sentence.",
  tools: [{ type: "agent_toolset_20260401" }],
};

export const agentUpdate = { system: "You answer in one word.", version: 1 };

export const environment = { name: "first", config: { type: "cloud" } };

export const environmentUpdate = { description: "For everyday work." };

export const session = {
  agent: "agent_01AAAAAAAAAAAAAAAAAAAAAA",
  environment_id: "env_01AAAAAAAAAAAAAAAAAAAAAA",
  title: "Which day is it?",
  initial_events: [{ type: "user.message", content: [{ type: "text", text: "Which day is it? Ask the shell." }] }],
};

export const sessionUpdate = { title: "Which day is it today?" };

export const events = {
  events: [{ type: "user.message", content: [{ type: "text", text: "Which day is it? Ask the shell." }] }],
};

export const ticket = { session_id: "sesn_01AAAAAAAAAAAAAAAAAAAAAA", access: "read_write" };

export const stop = { workspace: "team", reason: "A loop of sessions; wait for our word." };

export const start = { workspace: "team" };

export const limits = { workspace: "team", running_sessions: 20, cents_per_day: 5000 };

export const key = { name: "team/laptop" };

export const interrupt = { session_id: "sesn_01AAAAAAAAAAAAAAAAAAAAAA" };
