/** Requests as fast-check makes them: plans with tokens for what exists, which `World.resolve` fills in when they are sent. */
import fc from "fast-check";
import { bodiesOf } from "./bodies.ts";
import { aDamage, type Damage, damaged } from "./bytes.ts";
import { bytesOf, FRAMINGS, type Framing, type RawRequest } from "./http.ts";
import { anEdit, edited } from "./json.ts";
import { appRoutes, filled, type Route } from "./routes.ts";
import { anIndex, aQuery, aRoute, aSegment, pathOf, percent } from "./targets.ts";
import { CONTENT_TYPES, FILE_PATHS, HEADER_NAMES, HEADER_VALUES, METHODS } from "./words.ts";
import type { World } from "./world.ts";

export const KINDS = ["body", "header", "query", "id", "method", "form", "file", "frame", "stream"] as const;
export type PlanKind = (typeof KINDS)[number];

export interface Plan {
  kind: PlanKind;
  method: string;
  target: string;
  headers: [string, string][];
  /** Text with tokens; null: no body. */
  body: string | null;
  damage: Damage;
  framing: Framing;
}

export const BASE_HEADERS: [string, string][] = [
  ["x-api-key", "@@key@@"],
  ["anthropic-version", "2026-10-21"],
  ["anthropic-beta", "managed-agents-2026-04-01"],
];
const JSON_TYPE: [string, string] = ["content-type", "application/json"];
const UNDAMAGED: Damage = { kind: "none", at: 0, bytes: [] };

const ROUTES = appRoutes();
const WRITES = ROUTES.filter((route) => route.method !== "GET" && route.method !== "DELETE");
const LISTS = ROUTES.filter((route) => route.method === "GET");
const STREAMS = LISTS.filter((route) => route.path.endsWith("/stream") || route.path.endsWith("/socket"));
const FILES = ROUTES.filter((route) => route.path.includes("{"));

const edits = fc.array(anEdit, { maxLength: 4 });
const plain = { headers: [...BASE_HEADERS, JSON_TYPE], body: null, damage: UNDAMAGED, framing: "length" as const };

const bodyText = (route: Route) =>
  fc.tuple(fc.constantFrom(...bodiesOf(route.path)), edits).map(([value, changes]) => edited(value, changes));

/** A plan that is right but for what is given. */
const planned = (kind: PlanKind, method: string, target: string, fields: Partial<Plan> = {}): Plan => ({
  ...plain,
  kind,
  method,
  target,
  ...fields,
});
/** One of these, each as often as its number says among all. */
const weighted = <T>(...choices: [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));

/** More often where there is more to get wrong. */
const BY_BODIES = WRITES.flatMap((route) => Array<Route>(Math.min(4, bodiesOf(route.path).length)).fill(route));

const ofBody: fc.Arbitrary<Plan> = aRoute(BY_BODIES).chain((route) =>
  fc
    .tuple(bodyText(route), aDamage, fc.constantFrom<Framing>("length", "length", "chunked"), anIndex, contentHeaders())
    .map(([body, damage, framing, index, more]) => {
      const headers = [...BASE_HEADERS, ...more];
      return planned("body", route.method, pathOf(route, index), { headers, body, damage, framing });
    }),
);

/** Mostly what is right, so that the body is looked at. */
function contentHeaders(): fc.Arbitrary<[string, string][]> {
  const odd = fc.constantFrom(...CONTENT_TYPES).map((type): [string, string][] => [["content-type", type]]);
  const encoded = fc
    .constantFrom("gzip", "deflate", "br", "identity", "gzip, gzip", "", "x".repeat(500))
    .map((encoding): [string, string][] => [JSON_TYPE, ["content-encoding", encoding]]);
  const key = fc.nat(5).map((n): [string, string][] => [JSON_TYPE, ["idempotency-key", `key-${n}`]]);
  return weighted([20, fc.constant<[string, string][]>([JSON_TYPE])], [1, odd], [1, encoded], [2, key]);
}

const aHeaderValue = weighted(
  [4, fc.constantFrom(...HEADER_VALUES)],
  [1, fc.string({ unit: "binary-ascii", maxLength: 60 }).map((text) => text.replaceAll(/\p{Cc}/gu, " "))],
  [1, fc.string({ unit: fc.nat({ max: 0x5f }).map((n) => String.fromCharCode(0xa0 + n)), maxLength: 60 })],
);
const aHeader = fc.tuple(fc.constantFrom(...HEADER_NAMES), aHeaderValue);
const odds = weighted<[string, string][]>(
  [8, fc.array(aHeader, { minLength: 1, maxLength: 4 })],
  [1, fc.tuple(aHeader, fc.integer({ min: 50, max: 120 })).map(([header, n]) => Array(n).fill(header))],
);
const ofHeader: fc.Arbitrary<Plan> = fc
  .tuple(aRoute(ROUTES), odds, fc.array(fc.nat(3), { maxLength: 1 }), anIndex)
  .chain(([route, more, dropped, index]) =>
    fc.constantFrom(...bodiesOf(route.path)).map((body) => {
      const kept = plain.headers.filter((_, i) => !dropped.includes(i));
      const hasBody = route.method !== "GET" && route.method !== "DELETE";
      const sent = { headers: [...kept, ...more], body: hasBody ? JSON.stringify(body) : null };
      return planned("header", route.method, pathOf(route, index), sent);
    }),
  );

const ofQuery: fc.Arbitrary<Plan> = fc
  .tuple(aRoute(LISTS), aQuery, anIndex)
  .map(([route, query, index]) => planned("query", "GET", pathOf(route, index) + query));

/** Ids in the right place of a route, and whole paths that nobody registered. */
const ofId: fc.Arbitrary<Plan> = fc
  .tuple(
    aRoute(ROUTES),
    fc.array(aSegment, { minLength: 3, maxLength: 3 }),
    fc.constantFrom("", "", "", "/", "//", "/%2e"),
    fc.boolean(),
  )
  .map(([route, segments, tail, free]) => {
    let used = 0;
    const path = free
      ? `/${["v1", "x", "healthz", ""][segments.join("").length % 4]}/${segments.join("/")}`
      : filled(route.path, () => segments[used++ % segments.length] as string);
    const body = route.method === "POST" || route.method === "PUT" ? "{}" : null;
    return planned("id", route.method, path + tail, { body });
  });

const ofMethod: fc.Arbitrary<Plan> = fc
  .tuple(aRoute(ROUTES), fc.constantFrom(...METHODS), fc.option(fc.constantFrom("{}", "[]", "x")), anIndex, aQuery)
  .map(([route, method, body, index, query]) => {
    return planned("method", method, pathOf({ ...route, method }, index) + query, { body });
  });

const BOUNDARY = "----fuzz";
const aPart = fc
  .tuple(
    fc.constantFrom("file", "files[]", "events", "", 'a"; filename="b', "é"),
    fc.constantFrom("{}", "x", "[1]", "--", `--${BOUNDARY}`),
  )
  .map(([name, text]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`);
const ofForm: fc.Arbitrary<Plan> = fc
  .tuple(
    aRoute(WRITES),
    fc.array(aPart, { maxLength: 3 }),
    fc.constantFrom(`--${BOUNDARY}--\r\n`, "", "--"),
    anIndex,
    fc.boolean(),
  )
  .map(([route, parts, tail, index, told]) => {
    const type: [string, string] = [
      "content-type",
      told ? `multipart/form-data; boundary=${BOUNDARY}` : "multipart/form-data",
    ];
    const sent = { headers: [...BASE_HEADERS, type], body: parts.join("") + tail };
    return planned("form", route.method, pathOf(route, index), sent);
  });

const ofFile: fc.Arbitrary<Plan> = fc
  .tuple(
    aRoute(FILES),
    fc.oneof(fc.constantFrom(...FILE_PATHS), percent),
    anIndex,
    fc.constantFrom("", "x", "a".repeat(5_000)),
  )
  .map(([route, path, index, text]) => {
    const target = filled(route.path, (name) => (name === "id" ? `@@session:${index}@@` : path));
    const body = route.method === "GET" ? null : text;
    return planned("file", route.method, target, { body });
  });

const ofFrame: fc.Arbitrary<Plan> = aRoute(WRITES).chain((route) =>
  fc
    .tuple(fc.constantFrom(...bodiesOf(route.path)), fc.constantFrom(...FRAMINGS), anIndex)
    .map(([body, framing, index]) =>
      planned("frame", route.method, pathOf(route, index), { body: JSON.stringify(body), framing }),
    ),
);

const ofStream: fc.Arbitrary<Plan> = fc
  .tuple(aRoute(STREAMS), aQuery, fc.option(aHeaderValue), anIndex)
  .map(([route, query, last, index]) => {
    const headers = last === null ? plain.headers : [...plain.headers, ["last-event-id", last] as [string, string]];
    return planned("stream", "GET", pathOf(route, index) + query, { headers });
  });

export const aPlan = weighted<Plan>(
  [8, ofBody],
  [3, ofHeader],
  [3, ofQuery],
  [3, ofId],
  [1, ofMethod],
  [1, ofForm],
  [2, ofFile],
  [1, ofFrame],
  [2, ofStream],
);

/** What a plan is on this server. */
export function requestOf(plan: Plan, world: World): RawRequest {
  const { method, framing } = plan;
  const key = plan.target.startsWith("/x/operator") ? "@@key.operator@@" : "@@key@@";
  const headers = plan.headers.map(([name, value]): [string, string] => [
    name,
    world.resolve(value.replace("@@key@@", key)),
  ]);
  const body = plan.body === null ? null : damaged(Buffer.from(world.resolve(plan.body), "utf8"), plan.damage);
  // As a browser would: what is beyond Latin-1 is not sent as it stands.
  const target = bytesOf(world.resolve(plan.target)).toString("latin1");
  return { method, framing, headers, body, target };
}
