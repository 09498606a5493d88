import { expect, it } from "vitest";
import { Lazy } from "../../src/hands/sandbox/lazy.ts";

it("starts on first use, once for all who wait", async () => {
  let starts = 0;
  const lazy = new Lazy(async () => ++starts);
  expect(lazy.state).toBe("absent");
  const both = [lazy.get(), lazy.get()];
  expect(lazy.state).toBe("starting");
  expect(await Promise.all(both)).toEqual([1, 1]);
  expect(lazy.state).toBe("ready");
});

it("is lost when the start fails or the machine breaks, and starts again", async () => {
  let starts = 0;
  const lazy = new Lazy(async () => {
    if (++starts === 1) throw new Error("no machine");
    return starts;
  });
  await expect(lazy.get()).rejects.toThrow("no machine");
  expect(lazy.state).toBe("lost");
  const second = lazy.get();
  expect(await second).toBe(2);
  lazy.lose(second);
  expect(lazy.state).toBe("lost");
  expect(await lazy.get()).toBe(3);
});

it("does not lose a machine that was started since", async () => {
  let starts = 0;
  const lazy = new Lazy(async () => ++starts);
  const first = lazy.get();
  await first;
  lazy.lose(first);
  await lazy.get();
  lazy.lose(first);
  expect(lazy.state).toBe("ready");
  lazy.clear();
  expect(lazy.state).toBe("absent");
});
