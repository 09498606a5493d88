import { expect, test } from "vitest";
import { Corrupted } from "../../src/log/rows.ts";
import { bash, END_TURN, gives, message, RUNNING, request, says, typesOf } from "../story/words.ts";
import { OpenSession, text, use } from "../support/open-session.ts";

const HI = message("@hi", "hi");
const DONE = [request(says("done")), END_TURN];

test("a plain turn has the order of the wire", async () => {
  const session = new OpenSession([{ blocks: [text("hello")] }]);
  session.say("hi");
  expect(await session.run()).toBe("rest");
  expect(session.types()).toEqual(typesOf(RUNNING, HI, request(says("hello")), END_TURN));
  expect(JSON.parse(session.bodies[0] ?? "").messages).toEqual([
    { role: "user", content: [{ type: "text", text: "hi" }] },
  ]);
  // No machine was asked for.
  expect(session.sql.exec("SELECT type FROM events WHERE thread = ?", -1)).toEqual([]);
});

test("a tool turn runs the calls in order and replays what the model sent", async () => {
  const session = new OpenSession([
    { blocks: [text("look"), use("bash", { command: "ls" }), use("bash", { command: "pwd" })] },
    { blocks: [text("done")] },
  ]);
  session.say("hi");
  await session.run();
  const [ls, pwd] = [bash("@one", "ls"), bash("@two", "pwd")];
  expect(session.types()).toEqual(
    typesOf([RUNNING, HI, request(says("look"), ls, pwd), gives("@one", ""), gives("@two", "")], DONE),
  );
  expect(session.calls.map((call) => call.input)).toEqual([{ command: "ls" }, { command: "pwd" }]);
  const [first, second] = session.bodies as [string, string];
  expect(second.startsWith(first.slice(0, first.indexOf("]," + '"previous"')))).toBe(true);
  expect(JSON.parse(second).messages.map((message: { role: string }) => message.role)).toEqual([
    "user",
    "assistant",
    "user",
  ]);
});

test("a turn with more effects than one invocation may have hops to the next", async () => {
  const calls = Array.from({ length: 600 }, (_, n) => use("bash", { n }));
  const session = new OpenSession([{ blocks: calls }, { blocks: [text("done")] }]);
  session.say("hi");
  expect(await session.run()).toBe("hop");
  expect(session.calls.length).toBeLessThan(600);
  expect(await session.run()).toBe("rest");
  expect(session.calls).toHaveLength(600);
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
});

test("what is written is shown piece by piece under the id that it is stored under", async () => {
  const session = new OpenSession([{ blocks: [text("hello")] }]);
  session.say("hi");
  await session.run();
  const [message] = session.events("agent.message");
  expect(session.previews).toEqual([
    { kind: "start", id: message?.id, type: "agent.message" },
    { kind: "text", id: message?.id, type: "agent.message", index: 0, text: "hello" },
  ]);
});

test("a request whose answer could not be taken in does not leave", async () => {
  const session = new OpenSession([{ blocks: [text("hello")] }]);
  session.say("hi");
  const damage = new Corrupted({ seq: 1, type: "session.updated" });
  session.ports.tools = () => {
    throw damage;
  };
  await expect(session.run()).rejects.toBe(damage);
  expect(session.bodies).toEqual([]);
  expect(session.doing.request).toBeNull();
});
