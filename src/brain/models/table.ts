/**
 * The models of spec/messages.md §3, newest first. A tag marks what that page does not say outright.
 */
import type { ModelFacts, PriceTier } from "./traits.ts";

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

export const MODELS: readonly ModelFacts[] = [
  // 5.2: the smallest cacheable prompt is @inferred from 5.1.
  {
    ...FIFTH,
    id: "claude-fable-5-2",
    displayName: "Claude Fable 5.2",
    line: "fable",
    released: "2026-11-09T00:00:00Z",
    fast: { beta: null },
    prices: FABLE_52,
  },
  {
    ...FIFTH,
    id: "claude-mythos-5-2",
    displayName: "Claude Mythos 5.2",
    line: "mythos",
    released: "2026-11-09T00:00:00Z",
    prices: FABLE_52,
  },
  {
    ...FIFTH,
    id: "claude-haiku-5-5",
    displayName: "Claude Haiku 5.5",
    line: "haiku",
    released: "2026-10-07T00:00:00Z",
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
  },
  {
    ...FIFTH,
    id: "claude-sonnet-5-5",
    displayName: "Claude Sonnet 5.5",
    line: "sonnet",
    released: "2026-09-28T00:00:00Z",
    thinking: ["adaptive", "between_tools"],
    prices: SONNET_5,
  },
  {
    ...FIFTH,
    id: "claude-opus-5-5",
    displayName: "Claude Opus 5.5",
    line: "opus",
    released: "2026-09-22T00:00:00Z",
    effort: MEDIUM,
    fast: { beta: null },
    prices: price(4, 5, 8, 0.2, 20),
  },
  {
    ...FIFTH,
    id: "claude-fable-5-1",
    displayName: "Claude Fable 5.1",
    line: "fable",
    released: "2026-09-01T00:00:00Z",
    prices: FABLE_51,
  },
  {
    ...FIFTH,
    id: "claude-mythos-5-1",
    displayName: "Claude Mythos 5.1",
    line: "mythos",
    released: "2026-09-01T00:00:00Z",
    prices: FABLE_51,
  },
  {
    ...FIFTH,
    id: "claude-sonnet-5",
    displayName: "Claude Sonnet 5",
    line: "sonnet",
    thinking: ["adaptive", "disabled"],
    narrates: false,
    systemMessages: false,
    minCacheableTokens: 1024,
    prices: SONNET_5,
  },
  { ...FIFTH, id: "claude-fable-5", displayName: "Claude Fable 5", line: "fable", prices: FABLE_5 },
  // The page names Fable 5 among the narrating models and not Mythos 5: not narrating is @inferred.
  { ...FIFTH, id: "claude-mythos-5", displayName: "Claude Mythos 5", line: "mythos", narrates: false, prices: FABLE_5 },
  {
    ...FIFTH,
    id: "claude-opus-5",
    displayName: "Claude Opus 5",
    line: "opus",
    thinking: ["adaptive", "disabled"],
    narrates: false,
    fast: { beta: FAST_BETA },
    prices: OPUS,
  },
  {
    ...FOURTH,
    id: "claude-opus-4-8",
    displayName: "Claude Opus 4.8",
    line: "opus",
    systemMessages: true,
    fast: { beta: FAST_BETA },
    minCacheableTokens: 1024,
    prices: OPUS,
  },
  {
    ...FOURTH,
    id: "claude-opus-4-7",
    displayName: "Claude Opus 4.7",
    line: "opus",
    minCacheableTokens: 2048,
    prices: OPUS,
  },
  {
    ...FOURTH,
    id: "claude-opus-4-6",
    displayName: "Claude Opus 4.6",
    line: "opus",
    effort: HIGH_46,
    thinking: ["adaptive", "enabled", "disabled"],
    minCacheableTokens: 4096,
    prices: OPUS,
  },
  // Sonnet 4.6 and 4.5: the window and the largest output are @inferred.
  {
    ...FOURTH,
    ...SHORT,
    id: "claude-sonnet-4-6",
    displayName: "Claude Sonnet 4.6",
    line: "sonnet",
    effort: HIGH_46,
    thinking: ["adaptive", "enabled", "disabled"],
    minCacheableTokens: 1024,
    prices: SONNET_4,
  },
  {
    ...FOURTH_5,
    id: "claude-opus-4-5",
    aliases: ["claude-opus-4-5-20251101"],
    displayName: "Claude Opus 4.5",
    line: "opus",
    released: "2025-11-01T00:00:00Z",
    retiresAt: "2027-01-22T00:00:00Z",
    effort: { levels: ["low", "medium", "high"], default: "high" },
    minCacheableTokens: 4096,
    prices: OPUS,
  },
  {
    ...FOURTH_5,
    id: "claude-haiku-4-5",
    aliases: ["claude-haiku-4-5-20251001"],
    displayName: "Claude Haiku 4.5",
    line: "haiku",
    released: "2025-10-01T00:00:00Z",
    minCacheableTokens: 4096,
    prices: price(1, 1.25, 2, 0.1, 5),
  },
  {
    ...FOURTH_5,
    id: "claude-sonnet-4-5",
    aliases: ["claude-sonnet-4-5-20250929"],
    displayName: "Claude Sonnet 4.5",
    line: "sonnet",
    released: "2025-09-29T00:00:00Z",
    retiresAt: "2026-11-30T00:00:00Z",
    minCacheableTokens: 1024,
    prices: SONNET_4,
  },
];

/** The scripted model (design §9): no price, no thinking to configure. */
export const REHEARSAL: ModelFacts = {
  ...FOURTH_5,
  id: "rehearsal",
  displayName: "Rehearsal (plays scripts, no key)",
  line: null,
  thinking: ["disabled"],
  systemMessages: true,
  minCacheableTokens: 0,
  prices: null,
};
