/** Bugs of others in tools that run twice, and machines that are made twice (reliability.md §1c). The hand is the real journal on SQLite. */
import { expect, test } from "vitest";
import { type Call, HandRefused, type Result, UNKNOWN_TEXT } from "../../src/hands/hand.ts";
import { BARE_PROVISION } from "../../src/hands/machine.ts";
import { sandboxHand } from "../../src/hands/sandbox/client.ts";
import { runnerOn } from "../hands/memory-machine.ts";
import { nodeSql } from "../support/node-sql.ts";
import { type Answer, text, use } from "../support/open-session.ts";
import { conversation, StrictSession } from "./strict-session.ts";

/** A machine on its own database, which outlives the sessions that use it. */
function machine() {
  const sql = nodeSql();
  let runner = runnerOn(sql);
  return {
    restart: () => {
      runner = runnerOn(sql);
    },
    execute: async (call: Call): Promise<Result> => {
      const reply = await runner.execute({ ...call, deadline: Date.now() + 60_000 });
      if ("refused" in reply) throw new HandRefused(reply.refused);
      return reply.result;
    },
    lines: async () =>
      new TextDecoder().decode((await runner.getFile("/workspace/refunds")) ?? new Uint8Array()).split("\n").length - 1,
  };
}

const REFUND: Answer[] = [
  { blocks: [use("bash", { command: "echo refund >> /workspace/refunds" })] },
  { blocks: [text("refunded")] },
];

/** The call under another name, as a runtime that names it so would send it. */
const named = (call: Call, key: string): Call => ({
  ...call,
  key,
  open: { at: call.open?.at ?? 0, keys: [...(call.open?.keys ?? []), key] },
});

/** The brain dies again and again after the machine has answered and before it has written that down; some refunds later it lives. */
async function refunds(deaths: number, key: (call: Call) => string): Promise<number> {
  const hand = machine();
  const session = new StrictSession([]).plays(REFUND);
  let left = deaths;
  session.result = async (call) => {
    const result = await hand.execute(named(call, key(call)));
    if (left-- > 0) throw new HandRefused("stale_epoch");
    return result;
  };
  session.say("go");
  for (let boots = 0; boots <= deaths; boots++) {
    await session.run().catch(() => {});
    session.micros += 120_000_000;
    session.boot();
    hand.restart();
  }
  await session.settle();
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  return hand.lines();
}

test("B6: a refund is made once, however often the brain dies before it has the answer", async () => {
  expect(await refunds(10, (call) => call.key)).toBe(1);
  // The control: a key of each instance's own makes one refund per instance.
  expect(await refunds(10, (call) => `${call.key}/${call.epoch}`)).toBeGreaterThan(5);
});

/** The Sandbox namespace as it was asked: names, and methods in order; the first `lost` replies never come back. */
function namespace(lost: number, error: () => Error = () => new Error("Network connection lost.")) {
  const names = new Set<string>();
  const calls: string[] = [];
  const made = new Map<string, ReturnType<typeof machine>>();
  let left = lost;
  const getByName = (name: string) => {
    names.add(name);
    const own = made.get(name) ?? machine();
    made.set(name, own);
    return {
      warm: async () => void calls.push("warm"),
      execute: async (call: Call) => {
        calls.push(call.key);
        const result = await own.execute(call);
        if (left-- > 0) throw error();
        return { result, [Symbol.dispose]: () => {} };
      },
    };
  };
  return { names, calls, made, binding: { getByName } as never };
}

test("B23: a machine whose start was not acknowledged is found again, and no second one is made", async () => {
  const world = namespace(2);
  const session = new StrictSession([]).plays(REFUND);
  const bind = () => {
    session.ports.hand = sandboxHand(world.binding, session.ports.sessionId, BARE_PROVISION);
  };
  bind();
  session.say("go");
  void session.run().catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  session.micros += 120_000_000;
  session.boot();
  bind();
  await session.settle();
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  expect([...world.names]).toEqual(["sesn"]);
  expect(world.made.size).toBe(1);
  expect(await world.made.get("sesn")?.lines()).toBe(1);
  expect(session.sql.exec("SELECT seq FROM events WHERE type = 'x.provision'")).toHaveLength(1);
  // The control: machines that are named by whoever asks.
  const others = namespace(0);
  for (const instance of ["a", "b"]) await sandboxHand(others.binding, instance, BARE_PROVISION).warm(1);
  expect(others.made.size).toBe(2);
});

test("B12: no words of the platform decide anything: whatever a reset says, the call is sent again and its bytes come back", async () => {
  const words = [
    "Durable Object reset because its code was updated.",
    "This script has been upgraded. Please send a new request to connect to the new version.",
    "The Durable Object's code has been updated, this version can no longer access storage.",
    "Network connection lost.",
    "",
  ];
  const call = {
    key: "sesn/one",
    hand: "sandbox",
    name: "bash",
    input: { command: "echo refund >> /workspace/refunds; echo done" },
    digest: "d",
    epoch: 1,
  };
  for (const said of words) {
    const world = namespace(1, () => new Error(said));
    const result = await sandboxHand(world.binding, "sesn", BARE_PROVISION).execute({
      ...call,
      deadline: Date.now() + 20_000,
    });
    expect(result, said).toEqual({ content: [{ type: "text", text: "done" }], isError: false });
    expect(await world.made.get("sesn")?.lines(), said).toBe(1);
  }
});

/** A turn with one call whose outcome is lost; what the hand was asked for. */
async function lostOutcome(wrap: (execute: (call: Call) => Promise<Result>) => (call: Call) => Promise<Result>) {
  const hand = machine();
  const session = new StrictSession([]).plays([...REFUND, { blocks: [text("checked")] }]);
  let first = true;
  session.result = wrap(async (call) => {
    const result = await hand.execute(call);
    if (!first) return result;
    first = false;
    throw new Error("the machine is gone");
  });
  session.say("go");
  await session.settle();
  session.boot();
  await session.settle();
  session.say("and?");
  await session.settle();
  return { session, lines: await hand.lines() };
}

test("B24: a call whose outcome is lost is not run again behind the model's back: it is told that nobody knows", async () => {
  const { session, lines } = await lostOutcome((execute) => execute);
  expect(lines).toBe(1);
  expect(session.calls).toHaveLength(1);
  const results = conversation(session.bodies.at(-1)).flatMap((message) =>
    message.content.filter((block) => block.type === "tool_result"),
  );
  expect(results).toMatchObject([{ is_error: true, content: [{ text: UNKNOWN_TEXT }] }]);
  // The control: a wrapper that recovers and retries under a key of its own.
  const retried = await lostOutcome(
    (execute) => (call) => execute(call).catch(() => execute(named(call, `${call.key}/again`))),
  );
  expect(retried.lines).toBe(2);
});

test("B24: a command that died half-way has left nothing when it runs", async () => {
  const hand = machine();
  const call = {
    key: "sesn/half",
    hand: "sandbox",
    name: "bash",
    digest: "d",
    epoch: 1,
    deadline: Date.now() + 60_000,
  };
  const command = "echo one >> /workspace/refunds; sleep 0.05; echo two >> /workspace/refunds";
  // The machine is restarted while the command runs: what it had written is not there.
  void hand.execute({ ...call, input: { command } }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 20));
  hand.restart();
  expect(await hand.lines()).toBe(0);
});
