import { describe, expect, test } from "vitest";
import { ModelFailure } from "../../../src/brain/model.ts";
import { pricedBy, providerFor, providersFrom, rowFor } from "../../../src/brain/providers.ts";

const ROW = { match: ["acme/*"], base_url: "https://models.example.com/api/", key_binding: "ACME_KEY" };

function reader(settings: Record<string, string>): (name: string) => string | undefined {
  return (name) => settings[name];
}

function rows(...list: object[]): ReturnType<typeof providersFrom> {
  return providersFrom(reader({ PROVIDERS: JSON.stringify(list) }));
}

function failure(run: () => unknown): ModelFailure {
  try {
    run();
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

describe("rows", () => {
  test("the built-in one serves claude-* with the Anthropic key", () => {
    const providers = providersFrom(reader({}));
    expect(providerFor("claude-opus-5-5", providers, reader({ ANTHROPIC_API_KEY: "k" }))).toMatchObject({
      key: "k",
      row: { baseUrl: "https://api.anthropic.com", auth: "bearer", version: "2026-10-21" },
    });
    expect(rowFor("gpt", providers)).toBeNull();
    const local = providersFrom(reader({ ANTHROPIC_BASE_URL: "http://127.0.0.1:1/" }));
    expect(rowFor("claude-opus-5-5", local)?.baseUrl).toBe("http://127.0.0.1:1");
  });

  test("of the setting fill in their defaults", () => {
    expect(rows(ROW)[0]).toEqual({
      match: ["acme/*"],
      baseUrl: "https://models.example.com/api",
      keyBinding: "ACME_KEY",
      auth: "bearer",
      version: "2023-06-01",
      headers: {},
      prices: null,
    });
  });

  test("an exact id goes before a prefix, an earlier row before a later one, and ours before the built-in one", () => {
    const exact = { ...ROW, match: ["acme/large", "claude-opus-5-5"], key_binding: "EXACT_KEY" };
    const later = { ...ROW, key_binding: "LATER_KEY" };
    const providers = rows(ROW, later, exact);
    expect(rowFor("acme/large", providers)?.keyBinding).toBe("EXACT_KEY");
    expect(rowFor("acme/small", providers)?.keyBinding).toBe("ACME_KEY");
    expect(rowFor("claude-opus-5-5", providers)?.keyBinding).toBe("EXACT_KEY");
    expect(rowFor("claude-opus-5", providers)?.keyBinding).toBe("ANTHROPIC_API_KEY");
  });
});

describe("what is missing", () => {
  test("is named: the row, or the key's setting", () => {
    const providers = rows(ROW);
    expect(failure(() => providerFor("gpt", providers, reader({})))).toMatchObject({ kind: "not_configured" });
    expect(failure(() => providerFor("gpt", providers, reader({}))).message).toMatch(/"gpt".*PROVIDERS/);
    expect(failure(() => providerFor("acme/x", providers, reader({}))).message).toMatch(/ACME_KEY/);
    expect(failure(() => providerFor("claude-opus-5", providers, reader({ ANTHROPIC_API_KEY: " " }))).message).toMatch(
      /ANTHROPIC_API_KEY/,
    );
  });

  test("blanks around a key are not part of it", () => {
    expect(providerFor("acme/x", rows(ROW), reader({ ACME_KEY: " k\n" })).key).toBe("k");
  });

  test("a key that no header can carry is refused without being shown", () => {
    const error = failure(() => providerFor("acme/x", rows(ROW), reader({ ACME_KEY: "canary\n2" })));
    expect(error.message).toMatch(/ACME_KEY/);
    expect(error.message).not.toContain("canary");
  });
});

describe("a malformed setting", () => {
  test.each([
    ["not JSON", "canary", /not valid JSON/],
    ["not a list", '{"canary":1}', /PROVIDERS: /],
    ["a key in the row", JSON.stringify([{ ...ROW, key: "canary" }]), /PROVIDERS\.0: .*key_binding/],
    [
      "a key instead of a name",
      JSON.stringify([{ ...ROW, key_binding: "sk-canary-1" }]),
      /PROVIDERS\.0\.key_binding: must be the name/,
    ],
    [
      "a password in the URL",
      JSON.stringify([{ ...ROW, base_url: "https://u:canary@example.com" }]),
      /PROVIDERS\.0\.base_url: .*password/,
    ],
    [
      "another scheme",
      JSON.stringify([{ ...ROW, base_url: "ftp://canary.example.com" }]),
      /PROVIDERS\.0\.base_url: must be an http/,
    ],
    [
      "a credential header",
      JSON.stringify([{ ...ROW, headers: { authorization: "canary" } }]),
      /PROVIDERS\.0\.headers: .*credentials/,
    ],
    [
      "prices without a first tier",
      JSON.stringify([{ ...ROW, prices: [{ above_tokens: 9, input: 1, output: 1 }] }]),
      /PROVIDERS\.0\.prices/,
    ],
    [
      "a negative price",
      JSON.stringify([{ ...ROW, prices: [{ input: -1, output: 1 }] }]),
      /PROVIDERS\.0\.prices\.0\.input/,
    ],
    ["nothing to match", JSON.stringify([{ ...ROW, match: [] }]), /PROVIDERS\.0\.match/],
  ])("is refused with its path and without its values: %s", (_, setting, message) => {
    const error = failure(() => providersFrom(reader({ PROVIDERS: setting })));
    expect(error.kind).toBe("not_configured");
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("canary");
  });

  test("an empty one is none", () => {
    expect(providersFrom(reader({ PROVIDERS: " " }))).toHaveLength(1);
  });
});

describe("prices", () => {
  test("are the row's own, the table's on the built-in row, and none elsewhere", () => {
    const providers = rows({ ...ROW, prices: [{ input: 1, output: 2 }] }, { ...ROW, match: ["free"] });
    expect(pricedBy("acme/x", providers)?.prices).toEqual([
      { aboveTokens: 0, input: 1, cacheWrite5m: 1, cacheWrite1h: 1, cacheRead: 1, output: 2 },
    ]);
    expect(pricedBy("free", providers)?.prices).toBeNull();
    expect(pricedBy("claude-opus-5-5", providers)?.prices?.[0]?.input).toBe(4);
    expect(pricedBy("nobody", providers)).toBeNull();
  });
});
