/** Bugs of others in input that comes while the model is busy (reliability.md §1c). */
import { expect, test } from "vitest";
import { text, use } from "../support/open-session.ts";
import { conversation, StrictSession } from "./strict-session.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("B15: submits and wakes while a response streams make no second request and no second call", async () => {
  const session = new StrictSession([{ blocks: [use("bash", { n: 1 })] }, { blocks: [text("done")] }]);
  session.say("one");
  const runs = [session.run(), session.run()];
  for (const said of ["two", "three"]) {
    session.say(said);
    runs.push(session.run());
  }
  await turn();
  await Promise.all(runs);
  await session.settle();
  const doubled = (requests: number) => requests !== 2;
  expect(doubled(session.bodies.length)).toBe(false);
  const uses = conversation(session.bodies.at(-1)).flatMap((message) =>
    message.content.filter((block) => block.type === "tool_use"),
  );
  expect(uses).toHaveLength(1);
  expect(session.calls).toHaveLength(1);
  expect(session.violations("I2", "I3", "I6")).toEqual([]);
  expect(session.refused()).toEqual([]);
  // The control: a loop that does not know that the request is being read sends it again.
  const other = new StrictSession([{ blocks: [text("a")] }, { blocks: [text("b")] }]);
  other.say("one");
  const first = other.run();
  other.doing.request = null;
  other.doing.sent.clear();
  await Promise.all([first, other.run()]);
  expect(doubled(other.bodies.length + 1)).toBe(true);
});

test("B16: queued messages reach the model in the order they were accepted, whatever the clock says", async () => {
  const session = new StrictSession([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  const { result } = session;
  const wanted = Array.from({ length: 40 }, (_, n) => `message ${n}`);
  session.result = async (call) => {
    for (const said of wanted) {
      // The clock goes back between any two of them.
      session.micros -= 5_000_000;
      session.say(said);
    }
    return result(call);
  };
  session.say("go");
  await session.settle();
  const told = conversation(session.bodies.at(-1))
    .flatMap((message) => message.content.map((block) => block.text))
    .filter((said) => said?.startsWith("message"));
  expect(told).toEqual(wanted);
  const listed = session.events("user.message").map((event) => (event.content as { text: string }[])[0]?.text);
  expect(listed.slice(1)).toEqual(wanted);
  const stamps = session.list().map((event) => String(event.processed_at));
  expect(stamps).toEqual(stamps.toSorted());
  expect(new Set(stamps).size).toBe(stamps.length);
  // The control: ordered by their text, which is how equal stamps fall, they are not.
  expect(told.toSorted()).not.toEqual(wanted);
});
