/** Bugs of others in requests that fail: whole, half-way, or for good (reliability.md §1c). */
import { expect, test } from "vitest";
import type { FailureKind } from "../../src/brain/model.ts";
import { text } from "../support/open-session.ts";
import { conversation, StrictSession } from "./strict-session.ts";

test("B18: a response whose stream just ends is no response, and its turn is not over", async () => {
  const session = new StrictSession([{ blocks: [text("whole")] }]);
  const { stream } = session.ports.model;
  let cuts = 0;
  session.ports.model = {
    async *stream(request) {
      if (cuts++ > 0) return yield* stream(request);
      yield { type: "message_start", message: { id: "msg_cut", usage: { input_tokens: 1, output_tokens: 1 } } };
      yield { type: "content_block_start", index: 0, content_block: { type: "text", text: "par" } };
      yield { type: "content_block_stop", index: 0 };
      yield { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } };
      // No message_stop: the iterator ends like that of a whole response.
    },
  };
  session.say("go");
  await session.run();
  expect(session.primary.status).toBe("rescheduling");
  expect(session.events("agent.message")).toEqual([]);
  await session.settle();
  expect(session.events("agent.message").map((event) => event.content)).toEqual([[text("whole")]]);
});

const FINAL: FailureKind[] = ["billing", "auth", "not_configured", "invalid"];
const PASSING: FailureKind[] = ["overloaded", "rate_limited", "server", "network", "stall", "timeout"];

test("B21: what waiting cannot heal is asked once; what it can, five times, later each time, with the same bytes", async () => {
  const asked = async (fails: FailureKind) => {
    const session = new StrictSession(Array.from({ length: 20 }, () => ({ fails, refused: true })));
    session.say("go");
    const waits: number[] = [];
    for (let i = 0; i < 20 && session.primary.status !== "idle"; i++) {
      await session.run();
      const { retryAt } = session.primary;
      const { ts } = session.log.state;
      if (retryAt !== null) {
        waits.push(retryAt - ts);
        session.micros = retryAt;
      }
    }
    expect(new Set(session.bodies).size).toBe(1);
    expect(conversation(session.bodies[0])).toHaveLength(1);
    return { requests: session.bodies.length, waits };
  };
  for (const kind of FINAL) expect(await asked(kind), kind).toEqual({ requests: 1, waits: [] });
  for (const kind of PASSING) {
    const { requests, waits } = await asked(kind);
    expect(requests, kind).toBe(5);
    for (const [i, wait] of waits.entries()) if (i > 0) expect(wait).toBeGreaterThan((waits[i - 1] as number) * 1.5);
    expect(waits[0]).toBeGreaterThan(900_000);
  }
  // After all of them the model is told nothing of it.
  const session = new StrictSession([
    ...Array.from({ length: 5 }, () => ({ fails: "server", refused: true }) as const),
    { blocks: [text("ok")] },
  ]);
  session.say("one");
  await session.settle();
  session.say("two");
  await session.settle();
  expect(conversation(session.bodies.at(-1)).map((message) => message.content)).toEqual([[text("one")], [text("two")]]);
});
