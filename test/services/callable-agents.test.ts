/** `multiagent` on agents: what is stored and pinned, merged and refused (spec/core.md §2, spec/platform.md §2.1). */
import { expect, test } from "vitest";
import { Agent } from "../../src/protocol/agents.ts";
import { newId } from "../../src/protocol/ids.ts";
import { type Answer, call, OTHER_KEY, testServer } from "../api/harness.ts";

const server = testServer();
const MODEL = "claude-opus-5-5";
const OTHER = { "x-api-key": OTHER_KEY };
const make = (fields: object = {}, headers = {}) =>
  call(server, "POST", "/v1/agents", { name: "a", model: MODEL, ...fields }, headers);
const update = (id: unknown, fields: object) => call(server, "POST", `/v1/agents/${id}`, fields);
const get = async (path: string) => (await call(server, "GET", `/v1/agents/${path}`)).body;
const archive = (id: unknown) => call(server, "POST", `/v1/agents/${id}/archive`);
const member = async (fields: object = {}) => String((await make(fields)).body.id);

const SELF = { type: "self" };
const ON = { type: "enabled" };
const OFF = { type: "disabled" };
const coordinator = (...agents: unknown[]) => ({ multiagent: { type: "coordinator", agents } });
const newer = (fields: object = {}) => ({ multiagent: { type: "multiagent_20261001", ...fields } });
const pinned = (id: unknown, version: number) => ({ type: "agent", id, version });
const group = (...agents: unknown[]) => ({ type: "enabled", inline_agents: ON, predefined_agents: agents });

function stored(answer: Answer): unknown {
  expect(answer.body.error?.message).toBeUndefined();
  expect(Agent.parse(answer.body)).toEqual(answer.body);
  return answer.body.multiagent;
}

function refused(answer: Answer, message: string, status = 400) {
  const type = status === 404 ? "not_found_error" : "invalid_request_error";
  expect([answer.status, answer.body.error?.type]).toEqual([status, type]);
  expect(answer.body.error?.message.slice(0, message.length)).toBe(message);
}

test("a reference without a version is pinned to the newest one, and stays", async () => {
  const [one, two] = [await member(), await member()];
  await update(two, { name: "b" });
  const owner = await make(coordinator(one, { type: "agent", id: two }));
  expect(stored(owner)).toEqual({ type: "coordinator", agents: [pinned(one, 1), pinned(two, 2)] });
  await update(one, { name: "b" });
  expect(await get(String(owner.body.id))).toEqual(owner.body);
  const named = await update(owner.body.id, { name: "c" });
  expect(named.body).toMatchObject({ version: 2, multiagent: { agents: [pinned(one, 1), pinned(two, 2)] } });
  const again = await update(owner.body.id, coordinator(one, { type: "agent", id: two, version: 1 }));
  expect(stored(again)).toEqual({ type: "coordinator", agents: [pinned(one, 2), pinned(two, 1)] });
});

test("self reads back as the owner's own id and version, in every version", async () => {
  const one = await member();
  const first = await make(coordinator(one, SELF));
  const id = first.body.id;
  expect(stored(first)).toEqual({ type: "coordinator", agents: [pinned(one, 1), pinned(id, 1)] });
  for (const same of [coordinator(one, SELF), coordinator(one, id), { multiagent: first.body.multiagent }])
    expect((await update(id, same)).body).toEqual(first.body);
  const second = await update(id, { name: "b" });
  expect(stored(second)).toEqual({ type: "coordinator", agents: [pinned(one, 1), pinned(id, 2)] });
  expect((await get(`${id}?version=1`)).multiagent).toEqual(first.body.multiagent);
  refused(await update(id, { multiagent: first.body.multiagent }), "agent.multiagent.agents.1: agent ");
  refused(await update(id, coordinator(SELF, id)), "agent.multiagent.agents: must not name an agent twice");
});

test("an older version of the owner without a roster is an agent like any other", async () => {
  const { body } = await make();
  const second = await update(body.id, coordinator({ type: "agent", id: body.id, version: 1 }));
  // At that moment version 1 was the newest: it is self, and has a roster from now on.
  expect(stored(second)).toEqual({ type: "coordinator", agents: [pinned(body.id, 2)] });
  const third = await update(body.id, coordinator({ type: "agent", id: body.id, version: 1 }));
  expect(stored(third)).toEqual({ type: "coordinator", agents: [pinned(body.id, 1)] });
  refused(
    await update(body.id, coordinator(SELF, { type: "agent", id: body.id, version: 1 })),
    "agent.multiagent.agents: must not name an agent twice",
  );
});

test("a roster refuses what cannot be in it, and nothing is stored", async () => {
  const [live, gone, leader] = [await member(), await member(), await member(coordinator(SELF))];
  await archive(gone);
  const foreign = String((await make({}, OTHER)).body.id);
  const owner = await make({ name: "owner" });
  const cases: [unknown[], string, number?][] = [
    [[], "multiagent.agents: must name at least one agent"],
    [Array.from({ length: 21 }, () => newId("agent")), "multiagent.agents: must have at most 20 entries"],
    [[live, { type: "agent", id: live, version: 1 }], "multiagent.agents: must not name an agent twice"],
    [[SELF, SELF], "multiagent.agents: must not name an agent twice"],
    [[live, { type: "agent", id: live, version: 1, extra: 1 }], "multiagent.agents.1.extra: unknown key"],
    [[live, newId("agent")], "multiagent.agents.1: agent agent_01", 404],
    [[foreign], `multiagent.agents.0: agent ${foreign} was not found`, 404],
    [["' OR 1=1 --"], "multiagent.agents.0: agent ' OR 1=1 -- was not found", 404],
    [[live, "x".repeat(1_000_000)], `multiagent.agents.1: agent ${"x".repeat(80)} was not found`, 404],
    [[live.replace(/.$/, (end) => (end === "1" ? "2" : "1"))], "multiagent.agents.0: agent agent_01", 404],
    [[{ type: "agent", id: live, version: 2 }], `multiagent.agents.0: agent ${live} has no version 2`],
    [[{ type: "agent", id: live, version: 0 }], "multiagent.agents.0.version: must be at least 1"],
    [[live, gone], `multiagent.agents.1: agent ${gone} is archived`],
    [[leader], `multiagent.agents.0: agent ${leader} has a roster itself`],
    [[{ type: "advisor", model: "claude-nobody-knows" }, live], "multiagent.agents.0.model: no model"],
    [
      [
        { type: "advisor", model: MODEL },
        { type: "advisor", model: MODEL },
      ],
      "multiagent.agents: must not name an agent twice",
    ],
  ];
  for (const [agents, message, status] of cases) {
    refused(await make(coordinator(...agents)), message, status);
    refused(await update(owner.body.id, coordinator(...agents)), `agent.${message}`, status);
  }
  expect(await get(String(owner.body.id))).toEqual(owner.body);
  expect((await make(coordinator(live))).status).toBe(200);
  const twenty = await Promise.all(Array.from({ length: 20 }, () => member()));
  expect((stored(await make(coordinator(...twenty))) as { agents: object[] }).agents).toHaveLength(20);
});

test("what is stored stays when its member is archived; sending it again does not pass", async () => {
  const one = await member();
  const owner = await make(coordinator(one));
  await archive(one);
  expect((await update(owner.body.id, { name: "b" })).body).toMatchObject({
    version: 2,
    multiagent: { agents: [pinned(one, 1)] },
  });
  refused(await update(owner.body.id, coordinator(one)), "agent.multiagent.agents.0: agent ");
});

test("a member may get a roster later: the pinned version has none", async () => {
  const one = await member();
  const owner = await make(coordinator(one));
  await update(one, newer());
  expect((await update(owner.body.id, { name: "b" })).body.version).toBe(2);
  refused(await make(coordinator(one)), "multiagent.agents.0: agent ");
  expect(stored(await make(coordinator({ type: "agent", id: one, version: 1 })))).toMatchObject({
    agents: [pinned(one, 1)],
  });
});

test("the region is the same for all, or unset for all", async () => {
  const us = { model: { id: MODEL, inference_geo: "us" } };
  const [plain, pinnedUs] = [await member(), await member(us)];
  refused(await make(coordinator(pinnedUs)), `multiagent.agents.0: agent ${pinnedUs} has the inference_geo us`);
  refused(await make({ ...us, ...coordinator(pinnedUs, plain) }), `multiagent.agents.1: agent ${plain} has the inf`);
  const owner = await make({ ...us, ...coordinator(pinnedUs, SELF) });
  expect(owner.status).toBe(200);
  refused(await update(owner.body.id, { model: MODEL }), "agent.multiagent.agents.0: agent ");
  expect((await update(owner.body.id, { model: MODEL, multiagent: null })).body.version).toBe(2);
});

test("an advisor comes last, and must be one that the model takes", async () => {
  const one = await member();
  const sonnet = { model: "claude-sonnet-5-5" };
  const advisor = (model: string) => ({ type: "advisor", model });
  const owner = await make({ ...sonnet, ...coordinator(advisor(MODEL), one) });
  expect(stored(owner)).toEqual({ type: "coordinator", agents: [pinned(one, 1), advisor(MODEL)] });
  for (const old of ["claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-5", "claude-haiku-5-5"])
    refused(await make({ ...sonnet, ...coordinator(one, advisor(old)) }), "multiagent.agents.1.model: ");
  expect((await make(coordinator(one, advisor("claude-opus-4-8")))).status).toBe(200);
  // The pair is judged at every save, also when only the agent's model changes.
  refused(await update(owner.body.id, { model: "claude-fable-5-2" }), "agent.multiagent.agents.1.model: ");
  const named = await member({ name: "anthropic.advisor" });
  refused(await make(coordinator(named, advisor(MODEL))), "multiagent.agents.0: an agent named anthropic.advisor");
  expect((await make(coordinator(named))).status).toBe(200);
});

test("the newer type, alone, has subagents and workflows and no advisor", async () => {
  const whole = { type: "multiagent_20261001", advisor: OFF, subagents: group(), workflows: group() };
  for (const fields of [{}, { advisor: null, subagents: null, workflows: null }, { subagents: ON, workflows: ON }])
    expect(stored(await make(newer(fields)))).toEqual(whole);
  const one = await member();
  const owner = await make(newer({ subagents: { ...ON, predefined_agents: [one, SELF] }, workflows: OFF }));
  expect(stored(owner)).toEqual({
    ...whole,
    subagents: group(pinned(one, 1), pinned(owner.body.id, 1)),
    workflows: OFF,
  });
});

test("two of the newer type are merged level by level", async () => {
  const [one, two] = [await member(), await member()];
  const advisor = { type: "enabled", model: MODEL };
  const inlineOff = { type: "enabled", inline_agents: OFF, predefined_agents: [one] };
  const start = newer({ advisor, subagents: inlineOff, workflows: OFF });
  const before = {
    type: "multiagent_20261001",
    advisor,
    subagents: { ...inlineOff, predefined_agents: [pinned(one, 1)] },
    workflows: OFF,
  };
  const cases: [string, object, object][] = [
    ["nothing sent", {}, before],
    ["null is the default", { workflows: null }, { ...before, workflows: group() }],
    ["null for all", { advisor: null, subagents: null }, { ...before, advisor: OFF, subagents: group() }],
    ["a key of a group", { subagents: { ...ON, inline_agents: ON } }, { ...before, subagents: group(pinned(one, 1)) }],
    [
      "a list is replaced",
      { subagents: { ...ON, predefined_agents: [two] } },
      { ...before, subagents: { ...before.subagents, predefined_agents: [pinned(two, 1)] } },
    ],
    [
      "a null in a group",
      { subagents: { ...ON, inline_agents: null, predefined_agents: null } },
      { ...before, subagents: group() },
    ],
    ["another type of a member", { subagents: OFF, workflows: ON }, { ...before, subagents: OFF, workflows: group() }],
    [
      "another type takes defaults",
      { workflows: { ...ON, predefined_agents: [two] } },
      { ...before, workflows: group(pinned(two, 1)) },
    ],
    ["an advisor turned off", { advisor: OFF }, { ...before, advisor: OFF }],
  ];
  for (const [what, sent, after] of cases) {
    const owner = await make(start);
    const updated = await update(owner.body.id, newer(sent));
    expect([what, stored(updated)]).toEqual([what, after]);
    expect([what, updated.body.version]).toEqual([what, what === "nothing sent" ? 1 : 2]);
  }
  const owner = await make(start);
  const refusals: [object, string][] = [
    [{ subagents: { ...ON, predefined_agents: [] } }, "subagents.predefined_agents: must name at least one agent"],
    [{ subagents: { ...ON, predefined_agents: null } }, "subagents.predefined_agents: must name at least one agent"],
    [{ workflows: { ...ON, inline_agents: OFF } }, "workflows.predefined_agents: must name at least one agent"],
    [{ workflows: { inline_agents: OFF } }, "workflows.type: "],
    [{ advisor: { type: "enabled" } }, "advisor.model: "],
    [{ advisor: { type: "enabled", model: "claude-nobody" } }, "advisor.model: no model"],
    [
      { workflows: { ...ON, predefined_agents: [two, two] } },
      "workflows.predefined_agents: must not name an agent twice",
    ],
    [
      { workflows: { ...ON, predefined_agents: [{ type: "advisor", model: MODEL }] } },
      "workflows.predefined_agents.0.type: ",
    ],
  ];
  for (const [sent, message] of refusals)
    refused(await update(owner.body.id, newer(sent)), `agent.multiagent.${message}`);
  expect(await get(String(owner.body.id))).toEqual(owner.body);
});

test("another outer type replaces the whole, null clears it", async () => {
  const one = await member();
  const owner = await make(newer({ subagents: OFF }));
  expect(stored(await update(owner.body.id, coordinator(one)))).toEqual({
    type: "coordinator",
    agents: [pinned(one, 1)],
  });
  expect(stored(await update(owner.body.id, newer()))).toMatchObject({ subagents: group(), workflows: group() });
  expect((await update(owner.body.id, { multiagent: null })).body).toMatchObject({ version: 4, multiagent: null });
});

test("names that the newer type reserves are refused beside it", async () => {
  const tool = (name: string) => ({
    tools: [{ type: "custom", name, description: "d", input_schema: { type: "object" } }],
  });
  refused(await make({ ...tool("ant__x"), ...newer() }), "tools.0.custom.name: must not begin with ant__");
  const { body } = await make(tool("ant__x"));
  expect(body.version).toBe(1);
  refused(await update(body.id, newer()), "agent.tools.0.custom.name: must not begin with ant__");
  expect((await update(body.id, { ...tool("antler"), ...newer() })).status).toBe(200);
});
