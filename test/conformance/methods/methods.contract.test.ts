/**
 * The conformance table: every method of the SDK is called, does what the value of its route says, and README shows that. `CONFORMANCE=write npm test -- test/conformance/methods`
 * writes the table; without it, README must already say what was found.
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { VERSION } from "@anthropic-ai/sdk/version";
import { beforeAll, expect, test } from "vitest";
import { ROUTES } from "../../../src/api/app.ts";
import type { Route } from "../../../src/api/route.ts";
import { useLab } from "../sdk/lab.ts";
import { ABSENT, NOTHING_SENT, SINCE_1_14 } from "./absent.ts";
import { inferred } from "./inferred.ts";
import { PARTIAL } from "./partial.ts";
import { type Call, PRESENT } from "./present.ts";
import { shape, works } from "./probe.ts";
import { makeScene, type Scene } from "./scene.ts";
import { sdkMethods, unknownResources } from "./sdk.ts";
import { type Row, reaches, render, replaced, routeOf, rowOf } from "./table.ts";

const README = resolve(import.meta.dirname, "../../../README.md");
/** The project `older-sdk` runs this file, too. */
const OLDER = process.env.SDK_VERSION === "1.12.0";
const absent = Object.entries(ABSENT).filter(([method]) => !OLDER || !SINCE_1_14.includes(method));
const lab = useLab();
let scene: Scene;
const rows = new Map<string, Row>();

beforeAll(async () => {
  scene = await makeScene(lab);
});

/** Calls it; `reached` when one of its requests was the route's, `sent` is the last of them, `times` says how many there were. */
async function called(
  route: Route,
  call: Call,
): Promise<{ worked: boolean; reached: boolean; sent: string; times: number }> {
  const before = lab.wire.exchanges.length;
  const worked = await works(call, scene);
  const own = lab.wire.exchanges.slice(before);
  const last = own.at(-1);
  const reached = own.some(({ method, path }) => reaches(route, method, path));
  return { worked, reached, sent: last ? shape(last.method, last.path) : "", times: own.length };
}

test("every method of the SDK is called by one of the lists and has one route, and no route names another", () => {
  const methods = sdkMethods(scene.client);
  const called = [...Object.keys(PRESENT), ...absent.map(([method]) => method)];
  expect([...called, ...Object.keys(NOTHING_SENT)].sort()).toEqual(methods.toSorted());
  expect(unknownResources(scene.client)).toEqual([]);
  expect(called.filter((method) => !routeOf(ROUTES, method))).toEqual([]);
  const all = ROUTES.filter(({ method }) => method !== "ALL").flatMap(({ sdk = [] }) => sdk);
  const named = all.filter((method) => !OLDER || !SINCE_1_14.includes(method));
  expect(named.filter((method, i) => !methods.includes(method) || named.indexOf(method) !== i)).toEqual([]);
  const partial = ROUTES.filter(({ without }) => without).map(({ sdk = [], without }) => [sdk[0], without]);
  expect(Object.entries(PARTIAL).map(([method, parts]) => [method, parts.map(({ what }) => what)])).toEqual(partial);
});

test.each([...Object.entries(PRESENT), ...absent])("%s does what its route says", async (method, call) => {
  const route = routeOf(ROUTES, method) as Route;
  const { worked, reached, sent, times } = await called(route, call);
  const row = rowOf(route, method, sent);
  expect({ worked, reached }).toEqual({ worked: row.verdict !== "not yet", reached: true });
  // What is not there is refused at once: the SDK does not try again.
  if (row.verdict === "not yet") expect(times).toBe(1);
  rows.set(method, row);
});

test.each(
  Object.entries(PARTIAL).flatMap(([method, parts]) => parts.map(({ what, call }) => [method, what, call] as const)),
)("%s refuses by name: %s", async (_, __, call) => {
  expect(await works(call, scene)).toBe(false);
});

test("the SDK is the one of this project", () => {
  expect(VERSION).toBe(process.env.SDK_VERSION);
});

// Of the newer SDK.
if (!OLDER)
  test("README shows this table", async () => {
    for (const [method, note] of Object.entries(NOTHING_SENT))
      rows.set(method, { method, request: null, verdict: "not yet", note });
    const order = sdkMethods(scene.client);
    expect(order.filter((method) => !rows.has(method))).toEqual([]);
    const block = render(
      VERSION,
      order.map((method) => rows.get(method) as Row),
      (await inferred()).length,
    );
    const readme = await readFile(README, "utf8");
    if (process.env.CONFORMANCE === "write") await writeFile(README, replaced(readme, block));
    else expect(readme).toBe(replaced(readme, block));
  });
