/** What becomes of the tools when a turn begins after an update (spec/core.md §4.9; spec/messages.md §5, §6). */
import { expect, test } from "vitest";
import { toolChange } from "../../src/brain/prompt/tool-change.ts";
import type { OfferedTool } from "../../src/hands/registry.ts";
import { type Agents, initialState, primaryThread, type ThreadState } from "../../src/log/state.ts";
import { OpenSession, TOOL, text, use } from "../support/open-session.ts";

const table = (...tools: [string, OfferedTool][]) => new Map(tools);
const bash = TOOL("bash", "sandbox", "allow");
const write = TOOL("write", "sandbox", "allow");
const lookup = TOOL("lookup", "custom", "allow");
const worded = ([name, tool]: [string, OfferedTool], description: string): [string, OfferedTool] => [
  name,
  { ...tool, definition: { ...tool.definition, description } },
];
const asks = ([name, tool]: [string, OfferedTool]): [string, OfferedTool] => [name, { ...tool, permission: "ask" }];

/** Opened with bash and write; the update at 9 brings what the test says. */
function change(
  after: Map<string, OfferedTool>,
  more: Partial<ThreadState> = {},
  agents: Partial<Agents> = {},
  tells = true,
) {
  const tables: Record<number, Map<string, OfferedTool>> = { 0: table(bash, write), 5: table(bash), 9: after };
  const { agents: first, ...state } = primaryThread(initialState());
  const now: ThreadState = { ...state, requested: true, ...more, agents: { ...first, newest: 9, ...agents } };
  return toolChange(now, (place) => tables[place] ?? new Map(), tells);
}
const blocks = (made: ReturnType<typeof change>) => JSON.parse(made?.blocks ?? "null");

test("nothing new is no change", () => {
  expect(change(table(bash), {}, { newest: 0 })).toBeNull();
});

test("before the first request the new tools simply are the tools", () => {
  expect(change(table(lookup), { requested: false })).toMatchObject({ note: { agent: 9, opens: true }, blocks: null });
});

test("a tool that is gone is removed by its name, a new one added by its definition", () => {
  const made = change(table(bash, lookup));
  expect(made?.note).toMatchObject({ agent: 9, opens: false, told: true, added: ["lookup"] });
  expect(blocks(made)).toEqual([
    { type: "tool_removal", tool: { type: "tool_reference", name: "write" } },
    { type: "tool_addition", tool: { type: "tool_definition", definition: lookup[1].definition } },
  ]);
});

test("one that stands at the head and was removed comes back by its name", () => {
  expect(blocks(change(table(bash, write), {}, { inForce: 5 }))).toEqual([
    { type: "tool_addition", tool: { type: "tool_reference", name: "write" } },
  ]);
});

test("another policy is nothing that the model is told", () => {
  const made = change(table(bash, asks(write)));
  expect(made).toEqual({ note: { agent: 9, opens: false, told: false, added: [], bytes: 0 }, blocks: null });
});

test.each([
  ["a known tool in other words", () => change(table(worded(bash, "Other."), write))],
  ["a name that came back in other words", () => change(table(bash, worded(write, "Other.")), {}, { inForce: 5 })],
  ["a name defined in the conversation before", () => change(table(bash, write, lookup), {}, { added: ["lookup"] })],
  ["an addition to no tools at all", () => change(table(lookup), {}, { opening: 7, inForce: 7 })],
  ["a model without system turns", () => change(table(bash), {}, {}, false)],
  ["more than a conversation should hold", () => change(table(bash), {}, { bytes: 2 * 1024 * 1024 })],
])("%s goes to the head of the request", (_, made) => {
  expect(made()).toMatchObject({ note: { agent: 9, opens: true, told: false, added: [] }, blocks: null });
});

/** An update with these tools, as `session/update.ts` writes it. */
function bring(session: OpenSession, tools: Map<string, OfferedTool>): void {
  const b = session.log.begin(session.ports.now());
  const row = b.append(0, { type: "session.updated", body: '{"agent":{}}', note: '{"agent":true}' });
  session.tables.set(row.seq, tools);
  session.ports.commit(b);
}
const turn = async (session: OpenSession, said: string) => {
  session.say(said);
  await session.run();
};
interface Body {
  drop: boolean;
  opening: number;
  messages: { role: string; content: { type: string; text?: string }[] }[];
}
const parse = (body: string | undefined): Body => JSON.parse(body ?? "");
const SUFFIX = '],"previous":';
const told = (body: Body) => body.messages.filter((one) => one.role === "system").map((one) => one.content[0]?.type);

test("what is told stays in the conversation behind the message of its turn, and every request begins with the one before", async () => {
  const session = new OpenSession([
    { blocks: [text("a")] },
    { blocks: [use("bash")] },
    { blocks: [text("b")] },
    { blocks: [text("c")] },
  ]);
  await turn(session, "one");
  bring(session, table(TOOL("write", "sandbox", "ask"), TOOL("ask_user", "custom", "allow")));
  await turn(session, "two");
  session.boot();
  await turn(session, "three");
  const bodies = session.bodies.map(parse);
  expect(bodies.map((body) => [body.drop, body.opening])).toEqual(bodies.map(() => [false, 0]));
  expect(bodies[1]?.messages.map((one) => one.role)).toEqual(["user", "assistant", "user", "system"]);
  expect(bodies.map(told)).toEqual([[], ["tool_removal"], ["tool_removal"], ["tool_removal"]]);
  for (const [i, body] of session.bodies.entries())
    expect(body.startsWith((session.bodies[i - 1] ?? "").split(SUFFIX)[0] ?? ""), `request ${i}`).toBe(true);
  // The removed tool is refused like an unknown one; nothing ran.
  expect(session.calls).toEqual([]);
  expect(session.events("agent.tool_use")[0]).toMatchObject({ evaluated_permission: "deny" });
});

test("changes hold from the next turn, not in the middle of one", async () => {
  const session = new OpenSession([
    { blocks: [use("ask_user")] },
    { blocks: [use("bash")] },
    { blocks: [text("a")] },
    { blocks: [use("bash")] },
    { blocks: [text("b")] },
  ]);
  await turn(session, "one");
  bring(session, table(TOOL("ask_user", "custom", "allow")));
  const id = session.primary.calls[0]?.id;
  session.post({
    type: "user.custom_tool_result",
    body: { custom_tool_use_id: id },
    content: [{ type: "text", text: "42" }],
  });
  await session.run();
  expect(session.calls).toHaveLength(1);
  expect(session.bodies.map(parse).flatMap(told)).toEqual([]);
  await turn(session, "two");
  expect(session.calls).toHaveLength(1);
  expect(told(parse(session.bodies.at(-1)))).toEqual(["tool_removal"]);
});

test("with other words at the head the conversation is read anew, thinking may be dropped for good, and the log says so", async () => {
  const session = new OpenSession([
    { blocks: [text("a")] },
    { blocks: [text("b")] },
    { blocks: [text("c")] },
    { blocks: [text("d")] },
  ]);
  await turn(session, "one");
  bring(session, table(TOOL("write", "sandbox", "ask"), TOOL("ask_user", "custom", "allow")));
  await turn(session, "two");
  bring(session, table(worded(TOOL("write", "sandbox", "ask"), "Other.")));
  const place = session.primary.agents.newest;
  await turn(session, "three");
  session.boot();
  await turn(session, "four");
  const bodies = session.bodies.map(parse);
  expect(bodies.map((body) => [body.drop, body.opening])).toEqual([
    [false, 0],
    [false, 0],
    [true, place],
    [true, place],
  ]);
  expect(bodies.map(told)).toEqual([[], ["tool_removal"], [], []]);
  expect(bodies[3]?.messages.filter((one) => one.role === "user")).toHaveLength(4);
  const changed = session.sql.exec("SELECT body FROM events WHERE type = 'x.prefix_changed'");
  expect(changed.map((row) => JSON.parse(row.body as string))).toEqual([{ reason: "tools" }]);
});
