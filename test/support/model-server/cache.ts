/** The prompt cache (spec/messages.md §9): entries at breakpoints, a look-back of 20 positions, two lifetimes, minimum sizes. */
import { marksOf, type Ttl } from "./marks.ts";
import type { Place } from "./prompt.ts";
import type { Request } from "./request.ts";
import { tokensOf } from "./tokens.ts";

const LOOK_BACK = 20;
const LIFETIME_MS: Readonly<Record<Ttl, number>> = { "5m": 300_000, "1h": 3_600_000 };

/** Tokens of one request's prompt. */
export interface InputUsage {
  input: number;
  read: number;
  written: Record<Ttl, number>;
}

export class PromptCache {
  private readonly entries = new Map<string, { until: number; ttl: Ttl }>();

  /** What a request reads and writes at `now` (milliseconds). */
  use(request: Request, now: number): InputUsage {
    const prompt = request.prompt();
    const marks = marksOf(request);
    const usage: InputUsage = { input: 0, read: 0, written: { "5m": 0, "1h": 0 } };
    for (const { place } of marks) {
      const hit = this.lookBack(prompt.places, place, now);
      usage.read = Math.max(usage.read, hit ? tokensOf(hit.end) : 0);
    }
    let covered = usage.read;
    for (const { place, ttl } of marks) {
      const tokens = tokensOf(place.end);
      if (tokens < (request.model?.minCacheable ?? 0)) continue;
      this.entries.set(place.whole, { until: now + LIFETIME_MS[ttl], ttl });
      usage.written[ttl] += Math.max(0, tokens - covered);
      covered = Math.max(covered, tokens);
    }
    usage.input = tokensOf(prompt.bytes) - covered;
    return usage;
  }

  clear(): void {
    this.entries.clear();
  }

  /** The nearest entry at or before a breakpoint; reading it renews it. */
  private lookBack(places: Place[], from: Place, now: number): Place | undefined {
    for (let i = places.indexOf(from); i >= 0; i--) {
      const place = places[i] as Place;
      if (from.position - place.position >= LOOK_BACK) return undefined;
      const entry = this.entries.get(place.whole);
      if (entry === undefined || entry.until <= now) continue;
      entry.until = now + LIFETIME_MS[entry.ttl];
      return place;
    }
    return undefined;
  }
}
