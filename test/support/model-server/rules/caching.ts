/** Cache breakpoints: form, number, order, place (spec/messages.md §9, §15.7). */
import { fields, given, isFields } from "../json.ts";
import { automaticPlace, explicitMarks, marksOf, ttlOf } from "../marks.ts";
import { isThinking, pathOf, readContent } from "../message.ts";
import type { Request } from "../request.ts";
import { firstOf, invalid, type Rule, rule } from "../rule.ts";

const MAX_MARKS = 4;

function* markers(request: Request): Generator<[unknown, string]> {
  if (given(request.body.cache_control)) yield [request.body.cache_control, "cache_control"];
  for (const { place } of explicitMarks(request)) {
    const path = place.level === "messages" ? pathOf(place.message, place.index) : `${place.level}.${place.index}`;
    yield [place.block.cache_control, `${path}.cache_control`];
  }
}

export const cachingRules: readonly Rule[] = [
  rule("caching.shape", (request) =>
    firstOf(markers(request), ([marker, path]) => {
      const { type, ttl, ...others } = fields(marker);
      const known = type === "ephemeral" && (!given(ttl) || ttl === "5m" || ttl === "1h");
      const whole = isFields(marker) && known && Object.keys(others).length === 0;
      return whole ? null : invalid("Input should be {type: 'ephemeral', ttl?: '5m' | '1h'}", path);
    }),
  ),
  rule("caching.thinking", ({ messages }) =>
    firstOf(messages, ({ content }, i) =>
      firstOf(content, (block, j) =>
        isThinking(block) && "cache_control" in block
          ? invalid("Extra inputs are not permitted", `${pathOf(i, j)}.${block.type}.cache_control`)
          : null,
      ),
    ),
  ),
  rule("caching.nested", ({ messages }) =>
    firstOf(messages, ({ content }, i) =>
      firstOf(content, (block, j) => {
        const nested = block.type === "tool_result" || block.type === "search_result" ? readContent(block.content) : [];
        return nested.some((inner) => given(inner.cache_control))
          ? invalid("`cache_control` cannot be set on nested blocks", pathOf(i, j))
          : null;
      }),
    ),
  ),
  rule("caching.automatic", (request) => {
    const { cache_control: automatic } = request.body;
    if (!given(automatic)) return null;
    const own = automaticPlace(request)?.block.cache_control;
    const message = "the automatic breakpoint falls on a block with another ttl";
    return given(own) && ttlOf(own) !== ttlOf(automatic) ? invalid(message, "cache_control") : null;
  }),
  rule("caching.count", (request) => {
    const found = explicitMarks(request).length + (given(request.body.cache_control) ? 1 : 0);
    return found <= MAX_MARKS
      ? null
      : invalid(`A maximum of ${MAX_MARKS} blocks with cache_control may be provided. Found ${found}.`);
  }),
  rule("caching.ttl_order", (request) => {
    const ttls = marksOf(request).map(({ ttl }) => ttl);
    const first5m = ttls.indexOf("5m");
    return first5m >= 0 && ttls.lastIndexOf("1h") > first5m
      ? invalid("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")
      : null;
  }),
];
