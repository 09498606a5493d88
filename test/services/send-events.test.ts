import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { contentSource } from "../../src/api/body/content.ts";
import { keepContent, LARGE_LITERAL_BYTES, restore, scan } from "../../src/api/body/large.ts";
import type { Body } from "../../src/api/body/read.ts";
import { ApiError } from "../../src/protocol/errors.ts";
import { EventSend } from "../../src/protocol/events.ts";
import { MAX_INLINE_BYTES, makeBatch } from "../../src/services/send-events.ts";

const SESSION = "sesn_01example";

function batchOf(text: string) {
  const bytes = new TextEncoder().encode(text);
  const reduced = scan(bytes, "0123456789abcdef0123456789abcdef");
  const value = restore(JSON.parse(reduced.text), reduced, bytes, keepContent);
  const body: Body = { bytes, reduced, value, digest: "" };
  return makeBatch(EventSend.parse(value).events, "events", contentSource(body), SESSION);
}

const send = (...events: unknown[]) => batchOf(JSON.stringify({ events }));
const message = (...content: unknown[]) => ({ type: "user.message", content });
const said = (text: string) => message({ type: "text", text });
const contentOf = (batch: ReturnType<typeof batchOf>, i = 0) => {
  const content = batch.drafts[i]?.content;
  if (!(content instanceof Uint8Array)) throw new Error("not inline");
  return JSON.parse(new TextDecoder().decode(content));
};

test("an event becomes its type, its other fields and its content", () => {
  const batch = send(
    said("hi"),
    { type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "deny", deny_message: "no" },
    { type: "user.interrupt" },
  );
  expect(batch.drafts.map(({ type, body }) => ({ type, body }))).toEqual([
    { type: "user.message", body: "{}" },
    { type: "user.tool_confirmation", body: '{"tool_use_id":"sevt_1","result":"deny","deny_message":"no"}' },
    { type: "user.interrupt", body: "{}" },
  ]);
  expect(contentOf(batch)).toEqual([{ type: "text", text: "hi" }]);
  expect(batch.drafts.map((draft) => draft.content === null)).toEqual([false, true, true]);
  expect(batch.uploads).toEqual([]);
});

test("long literals come back byte for byte between the short ones", () => {
  const long = `"${"\\u00e9😀\\\\\\/".repeat(LARGE_LITERAL_BYTES / 8)}"`;
  const blocks = [`{"type":"text","text":${long}}`, '{"type":"text","text":"short"}', `{"type":"text","text":${long}}`];
  const text = `{"events":[{"type":"user.message","content":[${blocks.join(" , ")}]}]}`;
  const batch = batchOf(text);
  expect(new TextDecoder().decode(batch.drafts[0]?.content as Uint8Array)).toBe(`[${blocks.join(",")}]`);
  expect(contentOf(batch)).toEqual(JSON.parse(text).events[0].content);
});

test.each([
  ["spaces", " ".repeat(LARGE_LITERAL_BYTES + 1)],
  ["escapes", "\\n\\u0020\\t".repeat(LARGE_LITERAL_BYTES / 8)],
  ["white space beyond ASCII", "\u3000".repeat(LARGE_LITERAL_BYTES)],
])("a long text of %s alone is refused where it stands", (_, blank) => {
  const event = (inner: string) => `{"events":[{"type":"user.message","content":[{"type":"text","text":"${inner}"}]}]}`;
  expect(() => batchOf(event(blank))).toThrow(
    /^events\.0\.user_message\.content\.0\.text: must contain more than white/,
  );
  for (const word of ["x", "\\u0078", "é", "漢", "😀", "\\ud83d\\ude00", "\\\\", "\\b", '\\"'])
    expect(batchOf(event(`${blank}${word}`)).drafts.length).toBe(1);
});

test("a long text is blank when trim leaves nothing of it, for every unit that there is", () => {
  const spaces: number[] = [];
  for (let unit = 0; unit < 0xd800; unit++) if (String.fromCharCode(unit).trim() === "") spaces.push(unit);
  const escaped = (unit: number) => `\\u${unit.toString(16).padStart(4, "0")}`;
  const event = (inner: string) => `{"events":[{"type":"user.message","content":[{"type":"text","text":"${inner}"}]}]}`;
  const all = spaces.map((unit) => escaped(unit) + escaped(unit).toUpperCase().replace("U", "u")).join("");
  const raw = spaces
    .filter((unit) => unit >= 0x20)
    .map((unit) => String.fromCharCode(unit))
    .join("");
  const blank = `${all}${raw}\\ufeff`.repeat(Math.ceil(LARGE_LITERAL_BYTES / all.length));
  expect(() => batchOf(event(blank))).toThrow(/must contain more than white/);
  const words = [
    0x00, 0x08, 0x0e, 0x1f, 0x21, 0x7f, 0x85, 0x9f, 0xa1, 0x167f, 0x180e, 0x1fff, 0x200b, 0x2027, 0x2060, 0x3001,
    0xfefe,
  ];
  for (const unit of words) expect(batchOf(event(blank + escaped(unit))).drafts.length).toBe(1);
});

test("each event gets its own literals", () => {
  const texts = ["a", "b", "c"].map((letter) => letter.repeat(LARGE_LITERAL_BYTES + 1));
  const batch = send(...texts.map(said));
  expect(texts.map((_, i) => contentOf(batch, i)[0].text)).toEqual(texts);
});

test("what goes beyond the inline limit becomes an upload that the draft refers to", () => {
  const half = "x".repeat(MAX_INLINE_BYTES / 2);
  const whole = "y".repeat(MAX_INLINE_BYTES);
  const batch = send(said(half), said(whole), said("z"), said(whole));
  const json = JSON.stringify([{ type: "text", text: whole }]);
  const sha = createHash("sha256").update(json).digest("hex");
  expect(batch.drafts.map((draft) => draft.content instanceof Uint8Array)).toEqual([true, false, true, false]);
  expect(batch.drafts[1]?.content).toEqual({ sha, bytes: json.length, where: "r2" });
  expect(batch.uploads.map(({ key, bytes }) => ({ key, bytes }))).toEqual([
    { key: `sessions/${SESSION}/${sha}`, bytes: json.length },
  ]);
});

test("many inline contents together stay within the limit", () => {
  const batch = send(...Array.from({ length: 5 }, () => said("x".repeat(MAX_INLINE_BYTES / 4))));
  const inline = batch.drafts.reduce(
    (sum, { content }) => sum + (content instanceof Uint8Array ? content.length : 0),
    0,
  );
  expect(inline).toBeLessThanOrEqual(MAX_INLINE_BYTES);
  expect(batch.uploads).toHaveLength(1);
});

const image = (data: string) => message({ type: "image", source: { type: "base64", media_type: "image/png", data } });

test.each(["QQ==", "QUI=", "QUJD", "+/+/", "A".repeat(LARGE_LITERAL_BYTES + 4)])("base64 %.8s… is taken", (data) => {
  expect(contentOf(send(image(data)))[0].source.data).toBe(data);
});

test("base64 with JSON's escaped slashes is taken as it came", () => {
  const escaped = "\\/+8A".repeat(LARGE_LITERAL_BYTES / 4);
  const batch = batchOf(JSON.stringify({ events: [image("@")] }).replace("@", escaped));
  expect(contentOf(batch)[0].source.data).toBe(JSON.parse(`"${escaped}"`));
});

test.each([
  ["a letter too few", "QUJ"],
  ["a line break", "QUJD\nQUJD=="],
  ["padding in the middle", "QQ==QQ=="],
  ["nothing but padding", "===="],
  ["another alphabet", "-_-_"],
  ["a long one with one bad letter", `${"A".repeat(LARGE_LITERAL_BYTES)}AAA!`],
  ["a long one with an escape", `${"A".repeat(LARGE_LITERAL_BYTES)}AA\n`],
])("base64 with %s is refused with its path", (_, data) => {
  const refused = (() => {
    try {
      return send(said("first"), image(data)) && null;
    } catch (error) {
      return error instanceof ApiError ? error.wire : null;
    }
  })();
  expect(refused?.status).toBe(400);
  expect(refused?.message).toMatch(/^events\.1\.user_message\.content\.0\.source\.data: not base64/);
});
