/**
 * The conformance table: every method of the SDK is called, and README says what came of it. `CONFORMANCE=write npm test -- test/conformance/methods`
 * writes the table; without it, README must already say what was found.
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { VERSION } from "@anthropic-ai/sdk/version";
import { beforeAll, expect, test } from "vitest";
import { useLab } from "../sdk/lab.ts";
import { ABSENT, NOTHING_SENT, SINCE_1_14 } from "./absent.ts";
import { inferred } from "./inferred.ts";
import { PARTIAL } from "./partial.ts";
import { type Call, PRESENT } from "./present.ts";
import { shape, works } from "./probe.ts";
import { makeScene, type Scene } from "./scene.ts";
import { sdkMethods, unknownResources } from "./sdk.ts";
import { type Row, render, replaced } from "./table.ts";

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

/** Calls it, and notes what it asked for last before the answer. */
async function requestOf(call: Call): Promise<{ worked: boolean; request: string }> {
  const worked = await works(call, scene);
  const last = lab.wire.exchanges.at(-1);
  return { worked, request: last ? shape(last.method, last.path) : "" };
}

test("every method of the SDK is in one of the lists, and no other is", () => {
  const known = [...Object.keys(PRESENT), ...absent.map(([method]) => method), ...Object.keys(NOTHING_SENT)];
  expect(known.sort()).toEqual(sdkMethods(scene.client).sort());
  expect(unknownResources(scene.client)).toEqual([]);
  expect(Object.keys(PARTIAL).filter((method) => !(method in PRESENT))).toEqual([]);
});

test.each(Object.entries(PRESENT))("%s works", async (method, call) => {
  const { worked, request } = await requestOf(call);
  expect(worked).toBe(true);
  const refused = PARTIAL[method] ?? [];
  const note = refused.length > 0 ? `without ${refused.map(({ what }) => what).join(", ")}` : "";
  rows.set(method, { method, request, verdict: refused.length > 0 ? "partial" : "yes", note });
});

test.each(absent)("%s is refused by name", async (method, call) => {
  const { worked, request } = await requestOf(call);
  expect(worked).toBe(false);
  rows.set(method, { method, request, verdict: "not yet", note: "" });
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
