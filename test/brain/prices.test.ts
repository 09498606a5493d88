import { describe, expect, test } from "vitest";
import { findModel } from "../../src/brain/models/facts.ts";
import type { ResponseUsage, Tokens } from "../../src/brain/models/usage.ts";
import { costOf, listCost, runtimeCost } from "../../src/brain/money/prices.ts";

/** 1 USD in the units of `prices.ts`. */
const USD = 10_000_000_000;
const NONE: Tokens = { input: 0, output: 0, cacheRead: 0, cache5m: 0, cache1h: 0 };

function usage(tokens: Partial<Tokens>, more: Partial<ResponseUsage> = {}): ResponseUsage {
  const all = { ...NONE, ...tokens };
  return {
    ...all,
    webSearches: 0,
    speed: null,
    iterations: [{ type: "message", model: null, ...all }],
    estimated: false,
    ...more,
  };
}

function cost(model: string, used: ResponseUsage, terms: Parameters<typeof costOf>[2] = {}): number | null {
  return costOf(used, findModel(model), terms);
}

describe("a request", () => {
  test("costs each class of tokens at the model's price", () => {
    expect(cost("claude-opus-5-5", usage({ input: 1_000_000 }))).toBe(4 * USD);
    expect(cost("claude-opus-5-5", usage({ cache5m: 1_000_000 }))).toBe(5 * USD);
    expect(cost("claude-opus-5-5", usage({ cache1h: 1_000_000 }))).toBe(8 * USD);
    expect(cost("claude-opus-5-5", usage({ cacheRead: 1_000_000 }))).toBe(0.2 * USD);
    expect(cost("claude-opus-5-5", usage({ output: 1_000_000 }))).toBe(20 * USD);
  });

  test("takes the higher tier as soon as the whole prompt, cached tokens included, is above it", () => {
    expect(cost("claude-haiku-5-5", usage({ input: 100, cacheRead: 99_900 }))).toBe(100 * 1_000 + 99_900 * 100);
    expect(cost("claude-haiku-5-5", usage({ input: 101, cacheRead: 99_900 }))).toBe(101 * 5_000 + 99_900 * 500);
    expect(cost("claude-haiku-5-5", usage({ input: 1, output: 200_000 }))).toBe(1_000 + 200_000 * 5_000);
  });

  test("costs twice when fast, and 1.1 times in the US where that is priced; the response's own speed wins", () => {
    const used = usage({ input: 1_000_000 });
    expect(cost("claude-opus-5", used, { speed: "fast" })).toBe(10 * USD);
    expect(cost("claude-opus-5", { ...used, speed: "standard" }, { speed: "fast" })).toBe(5 * USD);
    expect(cost("claude-opus-5", used, { geo: "us" })).toBe(5.5 * USD);
    expect(cost("claude-opus-5", used, { geo: "global" })).toBe(5 * USD);
    expect(cost("claude-haiku-4-5", used, { geo: "us" })).toBe(1 * USD);
    expect(cost("claude-haiku-5-5", usage({ cache5m: 3 }), { geo: "us" })).toBe(3 * 1_375);
  });

  test("a million small requests drift by nothing", () => {
    const one = cost("claude-haiku-5-5", usage({ input: 7, cacheRead: 3, output: 1 }), { geo: "us" }) as number;
    let total = 0;
    for (let i = 0; i < 1_000_000; i++) total += one;
    expect(total).toBe(1_000_000 * (7 * 1_100 + 3 * 110 + 5_500));
  });

  test("a search costs a cent", () => {
    expect(cost("claude-opus-5-5", usage({}, { webSearches: 3 }))).toBe(0.03 * USD);
  });

  test("an advisor's tokens cost what the advisor costs", () => {
    const advisor = { ...NONE, type: "advisor_message", model: "claude-haiku-4-5", input: 1_000_000 };
    const own = { ...NONE, type: "message", model: null, input: 1_000_000 };
    expect(cost("claude-opus-5-5", usage({}, { iterations: [own, advisor] }))).toBe(5 * USD);
    const unknown = { ...advisor, model: "nobody-knows" };
    expect(cost("claude-opus-5-5", usage({}, { iterations: [own, unknown] }))).toBeNull();
  });

  test("a model without a public price says so", () => {
    expect(costOf(usage({ input: 5 }), findModel("rehearsal", { rehearsal: true }), {})).toBeNull();
    expect(costOf(usage({ input: 5 }), null, {})).toBeNull();
  });
});

describe("a session", () => {
  test("costs 0.08 USD per hour of running, to the millisecond", () => {
    expect(runtimeCost(3_600_000)).toBe(0.08 * USD);
    expect(runtimeCost(9)).toBe(2_000);
    expect(runtimeCost(0)).toBe(0);
  });

  test("reports whole cents, to the nearest", () => {
    expect(listCost(0)).toEqual({ amount: "0", currency: "USD" });
    expect(listCost(0.0149 * USD)).toEqual({ amount: "1", currency: "USD" });
    expect(listCost(0.015 * USD)).toEqual({ amount: "2", currency: "USD" });
    expect(listCost(1234.56 * USD)).toEqual({ amount: "123456", currency: "USD" });
  });
});
