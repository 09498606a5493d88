import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SubscriptionFrame } from "../../src/api/stream/subscription.ts";
import { ApiError } from "../../src/protocol/errors.ts";
import { FarObject, type FarSocket, subscribeTo } from "./far-object.ts";

const RESET = new Error("Durable Object reset because its code was updated");
const stored = (...seqs: number[]): SubscriptionFrame => ({
  t: "events",
  seqs,
  events: seqs.map((seq) => `{"n":${seq}}`),
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("opening", () => {
  it("waits for `subscribed` and begins where the object says, or where it was asked to", async () => {
    const far = new FarObject();
    expect((await subscribeTo(far)).cursor).toBe(7);
    expect((await subscribeTo(far, { after: 3 })).cursor).toBe(3);
    expect(far.asked).toEqual([null, "3"]);
  });

  it.each([
    [404, 404],
    [400, 400],
  ])("gives a refusal (%i) at once", async (status, wire) => {
    const far = new FarObject();
    far.answer = status;
    const opening = subscribeTo(far);
    await expect(opening).rejects.toSatisfy((error) => error instanceof ApiError && error.wire.status === wire);
    expect(far.asked.length).toBe(1);
  });

  it("gives what no retry mends at once, in the session's words", async () => {
    const far = new FarObject();
    far.answer = "closed";
    const wire = { status: 500, type: "api_error", message: "the reason", noRetry: true };
    const opening = subscribeTo(far);
    await expect(opening).rejects.toMatchObject({ wire });
    expect(far.asked.length).toBe(1);
  });

  it.each([RESET, 500, "hang"] as const)("answers 529 when the object stays out of reach (%s)", async (answer) => {
    const far = new FarObject();
    far.answer = answer;
    const opening = subscribeTo(far);
    const refused = expect(opening).rejects.toSatisfy(
      (error) => error instanceof ApiError && error.wire.status === 529,
    );
    await vi.advanceTimersByTimeAsync(10_000);
    await refused;
  });
});

describe("a lost socket", () => {
  it("is opened again after the last event handed out; what was not handed out comes again", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    far.last.say(stored(8, 9));
    expect(await subscription.take()).toEqual([stored(8, 9)]);
    far.last.say(stored(10));
    far.last.break();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(far.asked).toEqual([null, "9"]);
    far.last.say(stored(10));
    expect(await subscription.take()).toEqual([stored(10)]);
  });

  it("is tried for 30 s, then the reader gets an error; a session that comes back within them is not noticed", async () => {
    const far = new FarObject();
    const [subscription, other] = [await subscribeTo(far), await subscribeTo(far)];
    const [first, second] = far.sockets as [FarSocket, FarSocket];
    far.answer = RESET;
    first.break();
    await vi.advanceTimersByTimeAsync(25_000);
    second.break();
    const taking = subscription.take();
    const failed = expect(taking).rejects.toThrow("cannot be reached");
    await vi.advanceTimersByTimeAsync(5_000);
    await failed;
    expect(far.asked.length).toBeLessThan(60);
    far.answer = "socket";
    await vi.advanceTimersByTimeAsync(5_000);
    far.last.say(stored(8));
    expect(await other.take()).toEqual([stored(8)]);
  });

  it("is tried again where a version that cannot open the session answers for a while", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    far.answer = "closed";
    far.last.break();
    await vi.advanceTimersByTimeAsync(10_000);
    far.answer = "socket";
    await vi.advanceTimersByTimeAsync(3_000);
    far.last.say(stored(8));
    expect(await subscription.take()).toEqual([stored(8)]);
  });

  it("is not tried again when the session refuses", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    far.answer = 404;
    const failed = expect(subscription.take()).rejects.toBeInstanceOf(ApiError);
    far.last.break();
    await vi.advanceTimersByTimeAsync(10);
    await failed;
  });

  it("is no loss after `deleted`", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    far.last.say({ t: "deleted", event: "{}" });
    far.last.break();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(far.asked.length).toBe(1);
    expect(await subscription.take()).toEqual([{ t: "deleted", event: "{}" }]);
  });
});

describe("acks", () => {
  it("follow what was drained, together and soon; a quarter of the credit at once", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    subscription.drained([stored(8)]);
    subscription.drained([stored(9)]);
    expect(far.last.acks).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(far.last.acks).toEqual([9]);
    subscription.drained([stored(...Array.from({ length: 64 }, (_, i) => i + 10))]);
    expect(far.last.acks).toEqual([9, 73]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(far.last.acks).toEqual([9, 73]);
  });

  it("repeat the seq for deltas alone", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    subscription.drained([stored(8)]);
    await vi.advanceTimersByTimeAsync(100);
    subscription.drained([{ t: "delta", event: "x" }]);
    await vi.advanceTimersByTimeAsync(100);
    expect(far.last.acks).toEqual([8, 8]);
  });

  it("go no further than a reader that counts for itself", async () => {
    const far = new FarObject();
    const subscription = await subscribeTo(far);
    subscription.hold(7);
    subscription.drained([stored(8, 9, 10)]);
    await vi.advanceTimersByTimeAsync(100);
    subscription.hold(9);
    expect(far.last.acks.at(-1)).toBe(9);
    expect(far.last.acks).not.toContain(10);
  });
});

it("wakes a waiting reader with nothing for a nudge, and ends it by close", async () => {
  const far = new FarObject();
  const subscription = await subscribeTo(far);
  const idle = subscription.take();
  subscription.nudge();
  expect(await idle).toEqual([]);
  const last = subscription.take();
  subscription.close();
  expect(await last).toBe(null);
  expect(far.last.closed).toBe(true);
});
