/**
 * What a request and a running session cost (spec/core.md §10). Amounts are whole numbers of 1e-10 USD, so that sums never drift: a token of the
 * cheapest class costs 100 of them and every listed price, times 1.1, is still whole. The largest safe number is about 900,000 USD.
 */
import type { Budget } from "../../protocol/usage.ts";
import { findModel, type Priced, type PriceTier } from "../models/facts.ts";
import type { Iteration, ResponseUsage, Tokens } from "../models/usage.ts";

const UNITS_PER_USD = 10_000_000_000;
export const UNITS_PER_CENT = UNITS_PER_USD / 100;
/** 1 USD per million tokens, as units per token. */
const UNITS_PER_PRICE = UNITS_PER_USD / 1_000_000;
/** 0.01 USD. */
const UNITS_PER_WEB_SEARCH = UNITS_PER_CENT;
/** 0.08 USD. */
const UNITS_PER_HOUR = 8 * UNITS_PER_CENT;
const MS_PER_HOUR = 3_600_000;
/** `inference_geo: "us"`. */
const US_FACTOR = 1.1;
/** `speed: "fast"`: listed for Opus 5 and 4.8, assumed for the others (spec/messages.md §3). @inferred */
const FAST_FACTOR = 2;

/** How the request was sent; the response's own `speed` wins. */
export interface Terms {
  speed?: "standard" | "fast" | undefined;
  geo?: string | undefined;
}

/**
 * List price of one request in units; null when the model, or another model that worked on the response, has no public price.
 * `priced` is of the model that served it.
 */
export function costOf(usage: ResponseUsage, priced: Priced | null, terms: Terms): number | null {
  const speed = (usage.speed ?? terms.speed) === "fast" ? FAST_FACTOR : 1;
  let total = usage.webSearches * UNITS_PER_WEB_SEARCH;
  for (const iteration of usage.iterations) {
    const own = pricedFor(iteration, priced);
    const tier = own && tierFor(own.prices, iteration);
    if (!own || !tier) return null;
    const geo = terms.geo === "us" && own.geoPriced ? US_FACTOR : 1;
    total += tokenCost(iteration, tier, speed * geo);
  }
  return total;
}

/** List price of this many milliseconds in `running`, in units. Pass the session's total, not its parts: each call rounds once. */
export function runtimeCost(activeMs: number): number {
  return Math.round((activeMs * UNITS_PER_HOUR) / MS_PER_HOUR);
}

/** The wire's `list_cost`: whole cents, to the nearest (spec/core.md §4.10). */
export function listCost(units: number): { amount: string; currency: "USD" } {
  return { amount: String(Math.round(units / UNITS_PER_CENT)), currency: "USD" };
}

/** A budget's cap in units. */
export function capUnits(budget: Budget): number {
  return Number(budget.max_list_cost.amount) * UNITS_PER_CENT;
}

/** Units as US dollars, exactly: `0.0123` (ten decimals at most). */
export function inDollars(units: number): string {
  const decimals = String(units % UNITS_PER_USD).padStart(10, "0");
  return `${Math.floor(units / UNITS_PER_USD)}.${decimals}`.replace(/\.?0+$/, "");
}

/** Advisor and fallback tokens cost what their own model costs (spec/core.md §10). */
function pricedFor(iteration: Iteration, requested: Priced | null): Priced | null {
  const other = iteration.type === "advisor_message" || iteration.type === "fallback_message";
  return other && iteration.model !== null ? findModel(iteration.model) : requested;
}

/** The last tier whose bound the whole prompt passes. */
function tierFor(prices: readonly PriceTier[] | null, tokens: Tokens): PriceTier | null {
  const prompt = tokens.input + tokens.cacheRead + tokens.cache5m + tokens.cache1h;
  const fits = (prices ?? []).filter((tier) => tier.aboveTokens === 0 || prompt > tier.aboveTokens);
  return fits.reduce<PriceTier | null>(
    (best, tier) => (best && best.aboveTokens > tier.aboveTokens ? best : tier),
    null,
  );
}

function tokenCost(tokens: Tokens, tier: PriceTier, factor: number): number {
  const perToken = (usdPerMillion: number) => Math.round(usdPerMillion * UNITS_PER_PRICE * factor);
  return (
    tokens.input * perToken(tier.input) +
    tokens.output * perToken(tier.output) +
    tokens.cacheRead * perToken(tier.cacheRead) +
    tokens.cache5m * perToken(tier.cacheWrite5m) +
    tokens.cache1h * perToken(tier.cacheWrite1h)
  );
}
