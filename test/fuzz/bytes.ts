/** What happens to a body's bytes between a client's serializer and the server. */
import { deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";

export interface Damage {
  kind:
    | "none"
    | "cut"
    | "insert"
    | "flip"
    | "bom"
    | "utf16"
    | "twice"
    | "blanks"
    | "tail"
    | "gzip"
    | "deflate"
    | "nothing";
  /** Where, as a share of the length. */
  at: number;
  bytes: number[];
}

/** Surrogates as UTF-8, overlong forms, a lone continuation byte, a byte beyond Unicode, NUL, a BOM, a form feed, a delete. */
const BAD_BYTES = [
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [0xe0, 0x80, 0xaf],
  [0x80],
  [0xf8, 0x88, 0x80, 0x80],
  [0xff],
  [0x00],
  [0xef, 0xbb, 0xbf],
  [0x0c],
  [0x7f],
  [0xe2, 0x80],
  [0x22],
  [0x5c],
];

export const aDamage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constant("none" as const), weight: 7 },
    {
      arbitrary: fc.constantFrom(
        "cut",
        "insert",
        "flip",
        "bom",
        "utf16",
        "twice",
        "blanks",
        "tail",
        "gzip",
        "deflate",
        "nothing",
      ),
      weight: 3,
    },
  ),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.oneof(fc.constantFrom(...BAD_BYTES), fc.array(fc.nat(255), { minLength: 1, maxLength: 8 })),
});

export function damaged(body: Buffer, { kind, at, bytes }: Damage): Buffer {
  const place = Math.floor(at * body.length);
  switch (kind) {
    case "none":
      return body;
    case "nothing":
      return Buffer.alloc(0);
    case "cut":
      return body.subarray(0, place);
    case "insert":
      return Buffer.concat([body.subarray(0, place), Buffer.from(bytes), body.subarray(place)]);
    case "flip": {
      const copy = Buffer.from(body);
      if (place < copy.length) copy[place] = (copy[place] as number) ^ (bytes[0] as number);
      return copy;
    }
    case "bom":
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]);
    case "utf16":
      return Buffer.from(body.toString("utf8"), "utf16le");
    case "twice":
      return Buffer.concat([body, body]);
    case "blanks":
      return Buffer.concat([Buffer.from(" \t\r\n".repeat(500)), body]);
    case "tail":
      return Buffer.concat([body, Buffer.from(bytes)]);
    case "gzip":
      return gzipSync(body);
    case "deflate":
      return deflateSync(body);
  }
}
