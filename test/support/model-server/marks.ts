/** Cache breakpoints of a request (spec/messages.md §9). Used by the caching rules and by the cache itself. */
import { type Fields, fields, given } from "./json.ts";
import { isThinking } from "./message.ts";
import type { Place } from "./prompt.ts";
import type { Request } from "./request.ts";

export type Ttl = "5m" | "1h";
export interface Mark {
  place: Place;
  ttl: Ttl;
}

export function ttlOf(marker: unknown): Ttl {
  return fields(marker).ttl === "1h" ? "1h" : "5m";
}

/** Explicit markers, in prompt order. */
export function explicitMarks(request: Request): Mark[] {
  return request
    .prompt()
    .places.filter(({ block }) => given(block.cache_control))
    .map((place) => ({ place, ttl: ttlOf(place.block.cache_control) }));
}

/** The block that the top-level `cache_control` marks: the last one that may carry a marker. */
export function automaticPlace(request: Request): Place | undefined {
  return request.prompt().places.findLast((place) => {
    const turnScoped = request.messages[place.message]?.sent.clear_at === "next_user_message";
    return markable(place.block) && !turnScoped;
  });
}

/** Every breakpoint, the automatic one included, in prompt order. */
export function marksOf(request: Request): Mark[] {
  const marks = explicitMarks(request);
  const place = given(request.body.cache_control) ? automaticPlace(request) : undefined;
  if (place === undefined || marks.some((mark) => mark.place === place)) return marks;
  return [...marks, { place, ttl: ttlOf(request.body.cache_control) }].sort((a, b) => a.place.end - b.place.end);
}

function markable(block: Fields): boolean {
  return !isThinking(block) && block.text !== "";
}
