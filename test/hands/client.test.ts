/** When the session's hand sends a call again, and when it does not. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Call } from "../../src/hands/hand.ts";
import { BARE_PROVISION } from "../../src/hands/machine.ts";
import { sandboxHand } from "../../src/hands/sandbox/client.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A sandbox that breaks `breaks` times, each after `ms`, and then answers. */
function breaking(breaks: number, ms: number) {
  const seen = { executes: 0, cancels: 0, removes: 0 };
  const stub = {
    warm: async () => {},
    execute: async () => {
      seen.executes += 1;
      const count = seen.executes;
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (count <= breaks) throw new Error("reset");
      return {
        result: { content: [{ type: "text" as const, text: "ran" }], isError: false },
        [Symbol.dispose]: () => {},
      };
    },
    cancel: async () => {
      seen.cancels += 1;
      throw new Error("reset");
    },
    remove: async () => {
      seen.removes += 1;
    },
  };
  return { seen, hand: sandboxHand({ getByName: () => stub }, "sesn", BARE_PROVISION) };
}

const call = (): Call => ({
  key: "sesn/sevt",
  hand: "sandbox",
  name: "bash",
  input: {},
  digest: "d",
  epoch: 1,
  deadline: Date.now() + 600_000,
});

it("sends a call again until the sandbox answers", async () => {
  const { seen, hand } = breaking(8, 0);
  const answer = hand.execute(call());
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toMatchObject({ isError: false });
  expect(seen.executes).toBe(9);
});

it("does not send a cancelled call again, even if the sandbox never heard of the cancelling", async () => {
  const { seen, hand } = breaking(8, 0);
  const answer = hand.execute(call());
  await vi.advanceTimersByTimeAsync(10);
  await hand.cancel("sesn/sevt", 1).catch(() => {});
  const before = seen.executes;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toMatchObject({ unknown: true });
  expect(seen).toMatchObject({ executes: before, cancels: 1 });
});

it("does not send a call again once its machine is deleted", async () => {
  const { seen, hand } = breaking(8, 0);
  const answer = hand.execute(call());
  await vi.advanceTimersByTimeAsync(10);
  await hand.remove();
  const before = seen.executes;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toMatchObject({ unknown: true });
  expect(seen.executes).toBe(before);
});

it("sends another call while one is cancelled", async () => {
  const { hand } = breaking(3, 0);
  const answer = hand.execute(call());
  await hand.cancel("sesn/another", 1).catch(() => {});
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toMatchObject({ isError: false });
});

it("gives a call up that breaks the sandbox each time after a long run", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const { seen, hand } = breaking(100, 30_000);
  const answer = hand.execute(call());
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await answer).toMatchObject({ unknown: true });
  expect(seen.executes).toBe(3);
  expect(told).toHaveBeenCalledTimes(1);
  told.mockRestore();
});

it("gives a call up that breaks the sandbox at once each time, and tells the operator", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const { seen, hand } = breaking(1_000, 0);
  const answer = hand.execute(call());
  await vi.advanceTimersByTimeAsync(125_000);
  expect(await answer).toMatchObject({ unknown: true });
  expect(seen.executes).toBe(30);
  expect(told.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([
    { event: "sandbox_lost", call: "sesn/sevt", attempts: 30 },
  ]);
  told.mockRestore();
});
