import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import type { BetaManagedAgentsModel } from "@anthropic-ai/sdk/resources/beta/agents";
import type { BetaModelInfo } from "@anthropic-ai/sdk/resources/beta/models";
import { describe, expect, test } from "vitest";
import { findModel, listModels } from "../../../src/brain/models/facts.ts";
import { modelInfo } from "../../../src/brain/models/model-info.ts";

/** The ids that the SDK's own type names; a new one there breaks the type check here. */
type Named = BetaManagedAgentsModel extends infer Id
  ? Id extends string
    ? string extends Id
      ? never
      : Id
    : never
  : never;
const NAMED: Record<Named, true> = {
  "claude-fable-5-2": true,
  "claude-haiku-5-5": true,
  "claude-sonnet-5-5": true,
  "claude-opus-5-5": true,
  "claude-fable-5-1": true,
  "claude-sonnet-5": true,
  "claude-fable-5": true,
  "claude-opus-5": true,
  "claude-opus-4-8": true,
  "claude-opus-4-7": true,
  "claude-opus-4-6": true,
  "claude-sonnet-4-6": true,
  "claude-haiku-4-5": true,
  "claude-haiku-4-5-20251001": true,
  "claude-opus-4-5": true,
  "claude-opus-4-5-20251101": true,
  "claude-sonnet-4-5": true,
  "claude-sonnet-4-5-20250929": true,
};

describe("finding a model", () => {
  test.each(Object.keys(NAMED))("knows %s", (id) => {
    expect(findModel(id)).not.toBeNull();
  });

  test("by a dated alias gives the same model; an unknown id gives none", () => {
    expect(findModel("claude-haiku-4-5-20251001")).toBe(findModel("claude-haiku-4-5"));
    expect(findModel("claude-haiku-4-5-20250101")).toBeNull();
    expect(findModel("claude-opus")).toBeNull();
  });

  test("offers the scripted model only when it is asked for", () => {
    expect(findModel("rehearsal")).toBeNull();
    expect(listModels().map((model) => model.id)).not.toContain("rehearsal");
    expect(findModel("rehearsal", { rehearsal: true })).toMatchObject({ id: "rehearsal", prices: null });
    expect(listModels({ rehearsal: true }).at(-1)?.id).toBe("rehearsal");
  });

  test("lists each once, newest first", () => {
    const ids = listModels().flatMap((model) => [model.id, ...model.aliases]);
    expect(new Set(ids).size).toBe(ids.length);
    const dates = listModels().flatMap((model) => model.released ?? []);
    expect(dates).toEqual(dates.toSorted().reverse());
  });

  test("every public model has a price for every prompt, and tiers that rise", () => {
    for (const { id, prices } of listModels()) {
      expect(prices?.[0]?.aboveTokens, id).toBe(0);
      const bounds = prices?.map((tier) => tier.aboveTokens) ?? [];
      expect(bounds).toEqual(bounds.toSorted((a, b) => a - b));
    }
  });
});

describe("the wire's model", () => {
  test("retires when the SDK says so, which warns on each call", async () => {
    const folder = dirname(createRequire(import.meta.url).resolve("@anthropic-ai/sdk"));
    const told = (await readFile(resolve(folder, "internal/data/deprecated-models.mjs"), "utf8")).matchAll(
      /'(\S+)': '(\w+ \d+)\w+, (\d+)'/g,
    );
    const ours = [...told].flatMap(([, id = "", day, year]) => {
      const facts = findModel(id);
      return facts
        ? [{ id, ours: facts.retiresAt, sdk: `${new Date(`${day}, ${year} UTC`).toISOString().slice(0, 19)}Z` }]
        : [];
    });
    expect(ours.map(({ id }) => id)).toEqual(expect.arrayContaining(["claude-opus-4-5", "claude-sonnet-4-5"]));
    expect(ours.filter(({ ours, sdk }) => ours !== sdk)).toEqual([]);
  });

  test("is complete", () => {
    const facts = findModel("claude-sonnet-4-5");
    expect(facts && modelInfo(facts)).toMatchObject({
      type: "model",
      id: "claude-sonnet-4-5",
      display_name: "Claude Sonnet 4.5",
      line: "sonnet",
      created_at: "2025-09-29T00:00:00Z",
      lifecycle: "deprecated",
      retires_at: "2026-11-30T00:00:00Z",
      max_input_tokens: 200_000,
      max_tokens: 64_000,
    } satisfies Partial<BetaModelInfo>);
  });

  test("tells effort and thinking as the request uses them", () => {
    const capabilities = (id: string) => {
      const facts = findModel(id, { rehearsal: true });
      return facts && modelInfo(facts).capabilities;
    };
    expect(capabilities("claude-sonnet-4-6")?.effort).toMatchObject({
      max: { supported: true },
      xhigh: { supported: false },
    });
    expect(capabilities("claude-haiku-4-5")?.effort.supported).toBe(false);
    expect(capabilities("claude-sonnet-5-5")?.thinking.types).toMatchObject({
      between_tools: { supported: true },
      disabled: { supported: false },
    });
    expect(capabilities("rehearsal")?.thinking).toMatchObject({
      supported: false,
      types: { disabled: { supported: true } },
    });
  });
});
