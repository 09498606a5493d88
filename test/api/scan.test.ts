import { expect, test } from "vitest";
import {
  BULKY_BODY_BYTES,
  keepContent,
  keepNothing,
  LARGE_LITERAL_BYTES,
  MAX_BODY_DEPTH,
  MAX_BODY_VALUES,
  MAX_FIELD_BYTES,
  MAX_REDUCED_BYTES,
  placeholder,
  placeholderIndex,
  restore,
  scan,
} from "../../src/api/body/large.ts";
import { ApiError } from "../../src/protocol/errors.ts";

const NONCE = "0123456789abcdef0123456789abcdef";
const encode = (text: string) => new TextEncoder().encode(text);
const scanText = (text: string) => scan(encode(text), NONCE);
const long = (unit: string, extra = 1) => unit.repeat(Math.ceil((LARGE_LITERAL_BYTES + extra) / encode(unit).length));

function refusal(run: () => unknown): { status: number; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error.wire;
    throw error;
  }
  throw new Error("was accepted");
}

/** What a program gets that never heard of the reduction. */
function roundTrip(text: string): unknown {
  const bytes = encode(text);
  const reduced = scan(bytes, NONCE);
  return restore(JSON.parse(reduced.text), reduced, bytes, keepNothing);
}

test("a body without long literals is its own text", () => {
  const text = '{"a":"ü😀\\n","b":[1,2.5e3,null,true],"c":{}}';
  expect(scanText(text)).toEqual({ text, nonce: NONCE, ranges: [] });
});

test("a literal of exactly the threshold stays, one byte more is cut out", () => {
  const at = `"${"x".repeat(LARGE_LITERAL_BYTES)}"`;
  expect(scanText(at).ranges).toEqual([]);
  const over = `["${"x".repeat(LARGE_LITERAL_BYTES + 1)}"]`;
  expect(scanText(over)).toEqual({
    text: `["${placeholder(NONCE, 0)}"]`,
    nonce: NONCE,
    ranges: [{ start: 1, end: over.length - 1 }],
  });
});

test.each([
  ["plain", long("x")],
  ["two-byte", long("ü")],
  ["emoji", long("😀")],
  ["escapes", long('\\"\\\\\\/\\b\\f\\n\\r\\t')],
  ["unicode escapes", long("\\u00e9\\u0000")],
  ["escaped pairs", long("\\ud83d\\ude00")],
  ["an escape as the last thing", `${long("x")}\\"`],
  ["brackets and quotes inside", long('{[\\"]}')],
])("a long literal (%s) comes back as JSON.parse gives it", (_, inner) => {
  const text = `{"k": "${inner}" , "z":["${inner}x","short"]}`;
  expect(scanText(text).ranges).toHaveLength(2);
  expect(roundTrip(text)).toEqual(JSON.parse(text));
});

test("escapes are read across every offset before the threshold", () => {
  for (let shift = 0; shift < 13; shift++) {
    const text = `["${"y".repeat(shift)}${long("\\ud83d\\ude00\\\\")}","${"z".repeat(shift)}\\\\"]`;
    expect(roundTrip(text)).toEqual(JSON.parse(text));
  }
});

test("twenty long literals keep their places", () => {
  const values = Array.from({ length: 20 }, (_, i) => `${i}:${"x".repeat(LARGE_LITERAL_BYTES)}`);
  expect(roundTrip(JSON.stringify({ values }))).toEqual({ values });
});

test("a client that writes something like a placeholder gets its own text back", () => {
  const forged = placeholder("f".repeat(32), 0);
  const text = JSON.stringify([forged, long("x")]);
  expect(roundTrip(text)).toEqual(JSON.parse(text));
  expect(placeholderIndex(scanText(text), forged)).toBe(-1);
});

test.each([
  ["an end inside a short string", '{"a":"b', "ends inside a string"],
  ["an end inside a long string", `{"a":"${long("x")}`, "ends inside a string"],
  ["an end after a backslash", '["a\\', "ends inside a string"],
  ["an end inside a unicode escape", '["\\u12', "ends inside a string"],
  ["an unknown escape", '["\\x41"]', "an escape that JSON does not have"],
  ["an unknown escape in a long string", `["${long("x")}\\x"]`, "an escape that JSON does not have"],
  ["a bad unicode escape", '["\\u12g4"]', "four hex digits"],
  ["a line feed in a string", '["a\nb"]', "control character"],
  ["a NUL in a long string", `["${long("x")}\u0000"]`, "control character"],
  ["a lone high surrogate", '["\\ud800"]', "surrogate"],
  ["a lone low surrogate", '["\\udc00"]', "surrogate"],
  ["two high surrogates", '["\\ud800\\ud800"]', "surrogate"],
  ["a high surrogate before a plain letter, in a long string", `["${long("x")}\\ud83dx"]`, "surrogate"],
  ["a long key", `{"${long("x")}" : 1}`, "an object key"],
])("%s is refused at its byte", (_, text, message) => {
  const error = refusal(() => scanText(text));
  expect(error.status).toBe(400);
  expect(error.message).toMatch(/^body: not acceptable JSON at byte \d+: /);
  expect(error.message).toContain(message);
});

test.each([
  ["a stray continuation byte", [0x22, 0x80, 0x22]],
  ["an encoded surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ["an overlong form", [0x22, 0xc0, 0x80, 0x22]],
  ["a cut character at the end", [0x22, 0x61, 0x22, 0xf0, 0x9f]],
])("invalid UTF-8 (%s) is refused", (_, bytes) => {
  const error = refusal(() => scan(new Uint8Array(bytes), NONCE));
  expect(error).toMatchObject({ status: 400, message: expect.stringMatching(/^body: not valid UTF-8/) });
});

test("a character that lies across the pieces of the UTF-8 check is whole", () => {
  const text = `"${"x".repeat(64 * 1024 - 3)}😀"`;
  expect(roundTrip(text)).toBe(JSON.parse(text));
});

test("nesting is counted outside of strings only", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}"[[[[{{{{"${"]".repeat(levels)}`;
  expect(roundTrip(nested(MAX_BODY_DEPTH))).toEqual(JSON.parse(nested(MAX_BODY_DEPTH)));
  expect(refusal(() => scanText(nested(MAX_BODY_DEPTH + 1))).message).toContain("nested");
  expect(refusal(() => scanText(nested(10_000))).message).toContain("nested");
  expect(refusal(() => scanText('{"a":'.repeat(10_000))).message).toContain("nested");
});

test("many middling literals are cut out of a bulky body; many tiny ones are refused", () => {
  const middling = Array.from({ length: 100 }, (_, i) => `${i}${"x".repeat(BULKY_BODY_BYTES / 50)}`);
  const text = JSON.stringify(middling);
  expect(scanText(text).text.length).toBeLessThan(10_000);
  expect(roundTrip(text)).toEqual(middling);
  const tiny = JSON.stringify(new Array(MAX_REDUCED_BYTES / 64).fill("1234567".repeat(10)));
  expect(refusal(() => scanText(tiny))).toMatchObject({ status: 413, type: "request_too_large" });
});

test("only long text and data of event content stay placeholders", () => {
  const text = long("x");
  const event = { type: "user.message", content: [{ type: "text", text, title: text }], note: text };
  const bytes = encode(JSON.stringify({ events: [event] }));
  const reduced = scan(bytes, NONCE);
  const held = restore(JSON.parse(reduced.text), reduced, bytes, keepContent);
  const kept = { type: "text", text: placeholder(NONCE, 0), title: text };
  expect(held).toEqual({ events: [{ type: "user.message", content: [kept], note: text }] });
});

test("a string that no field could take is refused with its path before it is decoded", () => {
  const bytes = encode(JSON.stringify({ metadata: { a: ["b", "x".repeat(MAX_FIELD_BYTES)] } }));
  const reduced = scan(bytes, NONCE);
  const message = refusal(() => restore(JSON.parse(reduced.text), reduced, bytes, keepNothing)).message;
  expect(message).toMatch(/^metadata\.a\.1: a string of \d+ bytes/);
});

test("the key __proto__ is refused with its path", () => {
  const text = '{"metadata":{"__proto__":{"x":1}}}';
  expect(refusal(() => roundTrip(text)).message).toMatch(/^metadata\.__proto__: /);
  expect(roundTrip('{"constructor":1,"prototype":2}')).toEqual({ constructor: 1, prototype: 2 });
});

test("a flood of small values is refused before it is parsed, and commas inside strings do not count", () => {
  const flood = (values: number) => `[${"0,".repeat(values - 1)}0]`;
  expect(roundTrip(flood(MAX_BODY_VALUES))).toHaveLength(MAX_BODY_VALUES);
  expect(refusal(() => scanText(flood(MAX_BODY_VALUES + 2))).message).toContain("values");
  const commas = JSON.stringify([",".repeat(MAX_BODY_VALUES + 2)]);
  expect(roundTrip(commas)).toEqual(JSON.parse(commas));
});
