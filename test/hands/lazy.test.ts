import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CannotStart, Lazy, NotStarted } from "../../src/hands/sandbox/lazy.ts";

/** A machine whose n-th start is `start(n)`; what was given up is noted. */
function lazily<T>(start: (n: number) => Promise<T>) {
  const seen = { starts: 0, gaveUp: [] as NotStarted[] };
  const lazy = new Lazy(
    () => start(++seen.starts),
    (error) => seen.gaveUp.push(error),
  );
  return { seen, lazy };
}
const broken = async () => {
  throw new Error("no machine");
};

describe("a machine on first use", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("starts on first use, once for all who wait", async () => {
    const { lazy } = lazily(async (n) => n);
    expect(await Promise.all([lazy.get(), lazy.get()])).toEqual([1, 1]);
    expect(await lazy.get()).toBe(1);
  });

  it("is tried again when a start fails, later each time", async () => {
    const { lazy, seen } = lazily(async (n) => (n < 4 ? broken() : n));
    const machine = lazy.get();
    for (const ms of [0, 250, 500]) await vi.advanceTimersByTimeAsync(ms);
    expect(seen.starts).toBe(3);
    expect(lazy.get()).toBe(machine);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await machine).toBe(4);
    expect(seen.gaveUp).toEqual([]);
  });

  it("gives up after five tries, says so once, and begins anew with the next caller", async () => {
    const { lazy, seen } = lazily((n) => (n > 5 ? Promise.resolve(n) : broken()));
    const both = Promise.allSettled([lazy.get(), lazy.get()]);
    await vi.advanceTimersByTimeAsync(3_750);
    for (const one of await both) expect(one).toMatchObject({ reason: { name: "NotStarted", tries: 5 } });
    expect(seen.gaveUp.map((error) => error.cause)).toEqual([new Error("no machine")]);
    expect(await lazy.get()).toBe(6);
  });

  it("does not wait for ever for a start that does not answer", async () => {
    const { lazy, seen } = lazily(() => new Promise<never>(() => {}));
    const given = expect(lazy.get()).rejects.toThrow(NotStarted);
    await vi.advanceTimersByTimeAsync(5 * 30_000 + 3_750);
    await given;
    expect(seen.starts).toBe(5);
  });

  it("does not try again what cannot be", async () => {
    const { lazy, seen } = lazily(() => Promise.reject(new CannotStart("no packages")));
    await expect(lazy.get()).rejects.toMatchObject({ tries: 1, cause: { message: "no packages" } });
    expect(seen.starts).toBe(1);
  });

  it("is not started again once it is deleted", async () => {
    const { lazy, seen } = lazily(broken);
    const given = expect(lazy.get()).rejects.toThrow(NotStarted);
    await vi.advanceTimersByTimeAsync(0);
    lazy.clear();
    await vi.advanceTimersByTimeAsync(60_000);
    await given;
    expect(seen.starts).toBe(2);
  });

  it("does not lose a machine that was started since", async () => {
    const { lazy } = lazily(async (n) => n);
    const first = lazy.get();
    await first;
    lazy.lose(first);
    expect(await lazy.get()).toBe(2);
    lazy.lose(first);
    expect(await lazy.get()).toBe(2);
    lazy.clear();
    expect(await lazy.get()).toBe(3);
  });
});
