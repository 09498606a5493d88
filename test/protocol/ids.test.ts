import { describe, expect, test } from "vitest";
import { ID_PREFIXES, isId, newId } from "../../src/protocol/ids.ts";

describe("an id", () => {
  test.each(ID_PREFIXES)("of %s has its prefix, 24 characters after it, and no other prefix's checksum", (prefix) => {
    const id = newId(prefix);
    expect(id).toMatch(new RegExp(`^${prefix}_01[1-9A-HJ-NP-Za-km-z]{22}$`));
    expect(isId(prefix, id)).toBe(true);
    for (const other of ID_PREFIXES) if (other !== prefix) expect(isId(other, id)).toBe(false);
  });

  test("with one wrong, missing or extra character is none", () => {
    const id = newId("sesn", (bytes) => bytes.fill(7));
    expect(isId("sesn", id)).toBe(true);
    expect(isId("sesn", id.slice(0, -1))).toBe(false);
    expect(isId("sesn", `${id}1`)).toBe(false);
    expect(isId("sesn", id.replace("sesn_", "SESN_"))).toBe(false);
    expect(isId("sesn", `${id.slice(0, 10)}${id[10] === "A" ? "B" : "A"}${id.slice(11)}`)).toBe(false);
    expect(isId("sesn", `${id.slice(0, 10)}0${id.slice(11)}`)).toBe(false);
  });

  test("comes from the random bytes alone", () => {
    const seeded = () => newId("sevt", (bytes) => bytes.map((_, i) => i * 31));
    expect(seeded()).toBe(seeded());
    expect(newId("sevt")).not.toBe(newId("sevt"));
  });
});
