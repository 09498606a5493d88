/**
 * What is known of each model: the rows of spec/messages.md §3, newest first. A tag marks what that page does not say outright. An id that is not here
 * may still be served (`PROVIDERS`); then nothing is known of it.
 */
import type { BetaModelLine } from "@anthropic-ai/sdk/resources/beta/models";
import type { EffortLevel } from "../../protocol/model-config.ts";

export type ThinkingKind = "adaptive" | "between_tools" | "disabled" | "enabled";

/** USD per million tokens; holds for requests whose whole prompt, cached tokens included, is longer than `aboveTokens`. */
export interface PriceTier {
  aboveTokens: number;
  input: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  cacheRead: number;
  output: number;
}

/** What pricing needs to know about a model: `prices` is null when it has no public price. */
export interface Priced {
  prices: readonly PriceTier[] | null;
  /** Whether `inference_geo: "us"` costs more (spec/messages.md §3). */
  geoPriced: boolean;
}

export interface ModelFacts extends Priced {
  id: string;
  /** Other ids of the same model, with dates. */
  aliases: readonly string[];
  displayName: string;
  line: BetaModelLine | null;
  /** RFC 3339; null when unknown. */
  released: string | null;
  /** RFC 3339; set means deprecated. */
  retiresAt: string | null;
  /** Tokens of the context window. */
  contextWindow: number;
  /** The largest `max_tokens`. */
  maxOutput: number;
  /** Null: the model takes no effort. */
  effort: { levels: readonly EffortLevel[]; default: EffortLevel } | null;
  /** The values of `thinking.type` that do not end in a 400 (spec/messages.md §4). */
  thinking: readonly ThinkingKind[];
  /** Whether text between tool calls comes as thinking blocks, shown only with `display: "updates"` (spec/messages.md §4). */
  narrates: boolean;
  /** Whether `role: "system"` messages may follow in the conversation (spec/messages.md §6). */
  systemMessages: boolean;
  /** Whether it answers on-demand compaction (spec/messages.md §10). */
  compaction: boolean;
  /** Whether `speed: "fast"` works, and the beta it needs if any. */
  fast: { beta: string | null } | null;
  /** Prompts shorter than this are silently not cached (spec/messages.md §3). */
  minCacheableTokens: number;
}

const K = 1000;
const LONG = { contextWindow: 1000 * K, maxOutput: 128 * K };
const SHORT = { contextWindow: 200 * K, maxOutput: 64 * K };
const FAST_BETA = "fast-mode-2026-02-01";

const ALL_LEVELS = ["low", "medium", "high", "xhigh", "max"] as const;
const HIGH = { levels: ALL_LEVELS, default: "high" } as const;
const MEDIUM = { levels: ALL_LEVELS, default: "medium" } as const;
const HIGH_46 = { levels: ["low", "medium", "high", "max"], default: "high" } as const;

/** USD per million tokens, in the order of the page's columns. */
function price(
  input: number,
  cacheWrite5m: number,
  cacheWrite1h: number,
  cacheRead: number,
  output: number,
): PriceTier[] {
  return [{ aboveTokens: 0, input, cacheWrite5m, cacheWrite1h, cacheRead, output }];
}

const FABLE_52 = price(8, 10, 16, 0.2, 40);
const FABLE_51 = price(10, 12.5, 20, 0.25, 50);
const FABLE_5 = price(10, 12.5, 20, 1, 50);
const OPUS = price(5, 6.25, 10, 0.5, 25);
const SONNET_5 = price(2, 2.5, 4, 0.2, 10);
const SONNET_4 = price(3, 3.75, 6, 0.3, 15);

/** What most rows share: a model of the fifth generation. */
const FIFTH = {
  aliases: [],
  released: null,
  retiresAt: null,
  ...LONG,
  effort: HIGH,
  thinking: ["adaptive"],
  narrates: true,
  systemMessages: true,
  compaction: true,
  fast: null,
  minCacheableTokens: 512,
  geoPriced: true,
} satisfies Partial<ModelFacts>;

/** What Opus and Sonnet of the fourth generation share. */
const FOURTH = {
  ...FIFTH,
  thinking: ["adaptive", "disabled"],
  narrates: false,
  systemMessages: false,
} satisfies Partial<ModelFacts>;

/** 4.5: no adaptive thinking, no effort (Opus: up to high, @inferred), no compaction, no geo price. */
const FOURTH_5 = {
  ...FOURTH,
  ...SHORT,
  effort: null,
  thinking: ["enabled", "disabled"],
  compaction: false,
  geoPriced: false,
} satisfies Partial<ModelFacts>;

type Shared = typeof FIFTH | typeof FOURTH | typeof FOURTH_5;

/** A row; its id and its name follow from the line and the version. */
function claude(
  line: BetaModelLine,
  version: string,
  shared: Shared,
  own: Partial<ModelFacts> & Pick<ModelFacts, "prices">,
): ModelFacts {
  const displayName = `Claude ${line.charAt(0).toUpperCase()}${line.slice(1)} ${version.replace("-", ".")}`;
  return { ...shared, id: `claude-${line}-${version}`, displayName, line, ...own };
}

/** RFC 3339. */
function day(date: string): string {
  return `${date}T00:00:00Z`;
}

const MODELS: readonly ModelFacts[] = [
  // 5.2: the smallest cacheable prompt is @inferred from 5.1.
  claude("fable", "5-2", FIFTH, { released: day("2026-11-09"), fast: { beta: null }, prices: FABLE_52 }),
  claude("mythos", "5-2", FIFTH, { released: day("2026-11-09"), prices: FABLE_52 }),
  claude("haiku", "5-5", FIFTH, {
    released: day("2026-10-07"),
    effort: MEDIUM,
    narrates: false,
    // @inferred: unknown; not offering it is the safe reading.
    systemMessages: false,
    compaction: false,
    // @inferred from Haiku 4.5.
    minCacheableTokens: 4096,
    // @inferred: the 1-hour write above 100K, and that cached tokens count towards the tier.
    prices: [
      ...price(0.1, 0.125, 0.2, 0.01, 0.5),
      { aboveTokens: 100 * K, input: 0.5, cacheWrite5m: 0.625, cacheWrite1h: 1, cacheRead: 0.05, output: 2.5 },
    ],
  }),
  claude("sonnet", "5-5", FIFTH, {
    released: day("2026-09-28"),
    thinking: ["adaptive", "between_tools"],
    prices: SONNET_5,
  }),
  claude("opus", "5-5", FIFTH, {
    released: day("2026-09-22"),
    effort: MEDIUM,
    fast: { beta: null },
    prices: price(4, 5, 8, 0.2, 20),
  }),
  claude("fable", "5-1", FIFTH, { released: day("2026-09-01"), prices: FABLE_51 }),
  claude("mythos", "5-1", FIFTH, { released: day("2026-09-01"), prices: FABLE_51 }),
  claude("sonnet", "5", FIFTH, {
    thinking: ["adaptive", "disabled"],
    narrates: false,
    systemMessages: false,
    minCacheableTokens: 1024,
    prices: SONNET_5,
  }),
  claude("fable", "5", FIFTH, { prices: FABLE_5 }),
  // The page names Fable 5 among the narrating models and not Mythos 5: not narrating is @inferred.
  claude("mythos", "5", FIFTH, { narrates: false, prices: FABLE_5 }),
  claude("opus", "5", FIFTH, {
    thinking: ["adaptive", "disabled"],
    narrates: false,
    fast: { beta: FAST_BETA },
    prices: OPUS,
  }),
  claude("opus", "4-8", FOURTH, {
    systemMessages: true,
    fast: { beta: FAST_BETA },
    minCacheableTokens: 1024,
    prices: OPUS,
  }),
  claude("opus", "4-7", FOURTH, { minCacheableTokens: 2048, prices: OPUS }),
  claude("opus", "4-6", FOURTH, {
    effort: HIGH_46,
    thinking: ["adaptive", "enabled", "disabled"],
    minCacheableTokens: 4096,
    prices: OPUS,
  }),
  // Sonnet 4.6 and 4.5: the window and the largest output are @inferred.
  claude("sonnet", "4-6", FOURTH, {
    ...SHORT,
    effort: HIGH_46,
    thinking: ["adaptive", "enabled", "disabled"],
    minCacheableTokens: 1024,
    prices: SONNET_4,
  }),
  claude("opus", "4-5", FOURTH_5, {
    aliases: ["claude-opus-4-5-20251101"],
    released: day("2025-11-01"),
    retiresAt: day("2027-01-22"),
    effort: { levels: ["low", "medium", "high"], default: "high" },
    minCacheableTokens: 4096,
    prices: OPUS,
  }),
  claude("haiku", "4-5", FOURTH_5, {
    aliases: ["claude-haiku-4-5-20251001"],
    released: day("2025-10-01"),
    minCacheableTokens: 4096,
    prices: price(1, 1.25, 2, 0.1, 5),
  }),
  claude("sonnet", "4-5", FOURTH_5, {
    aliases: ["claude-sonnet-4-5-20250929"],
    released: day("2025-09-29"),
    retiresAt: day("2026-11-30"),
    minCacheableTokens: 1024,
    prices: SONNET_4,
  }),
];

/** The scripted model (design §9): no price, no thinking to configure. */
const REHEARSAL: ModelFacts = {
  ...FOURTH_5,
  id: "rehearsal",
  displayName: "Rehearsal (plays scripts, no key)",
  line: null,
  thinking: ["disabled"],
  systemMessages: true,
  minCacheableTokens: 0,
  prices: null,
};

/** The id of the scripted model. */
export const REHEARSAL_ID = REHEARSAL.id;

/** The facts for an id or a dated alias; null when unknown. `rehearsal` (REHEARSAL=1) makes the scripted model exist. */
export function findModel(id: string, offer: { rehearsal: boolean } = { rehearsal: false }): ModelFacts | null {
  return listModels(offer).find((model) => model.id === id || model.aliases.includes(id)) ?? null;
}

/** Every model, newest first; the scripted one last and only with `rehearsal`. */
export function listModels(offer: { rehearsal: boolean } = { rehearsal: false }): readonly ModelFacts[] {
  return offer.rehearsal ? [...MODELS, REHEARSAL] : MODELS;
}
