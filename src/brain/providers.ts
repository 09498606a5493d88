/**
 * Which endpoint serves which model (design §9). Any endpoint that speaks the Messages API fits; keys stay in their own bindings and are
 * opened here, for the one request that leaves.
 */
import { z } from "zod";
import { ModelFailure } from "./model.ts";
import { findModel, type Priced } from "./models/facts.ts";

const ANTHROPIC_URL = "https://api.anthropic.com";
const ANTHROPIC_VERSION = "2026-10-21";
/** What endpoints of others know. */
const COMMON_VERSION = "2023-06-01";

/** Reads a setting of the deployment by name; undefined when it is not set. */
export type ReadSetting = (name: string) => string | undefined;

export interface Provider {
  /** Ids it serves; an entry that ends in `*` is a prefix. */
  match: readonly string[];
  /** Without `/v1/messages`. */
  baseUrl: string;
  /** The name of the setting that holds the key. */
  keyBinding: string;
  auth: "bearer" | "x-api-key";
  /** `anthropic-version`. */
  version: string;
  /** Further headers, never secret. */
  headers: Readonly<Record<string, string>>;
  /** Null: no public price. Absent on the built-in row, whose prices are each model's own. */
  prices?: Priced["prices"];
}

/** A row with its key: what one request needs. */
export interface OpenProvider {
  row: Provider;
  key: string;
}

const Url = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine((url) => URL.canParse(url) && new URL(url).username === "" && new URL(url).password === "", {
    error: "must not hold a user or password; name the key's setting in key_binding",
  })
  .transform((url) => url.replace(/\/+$/, ""));

const UsdPerMillion = z.number().min(0).max(100_000);

const PriceTier = z
  .strictObject({
    above_tokens: z.int().min(0).default(0),
    input: UsdPerMillion,
    cache_write_5m: UsdPerMillion.optional(),
    cache_write_1h: UsdPerMillion.optional(),
    cache_read: UsdPerMillion.optional(),
    output: UsdPerMillion,
  })
  .transform((tier) => ({
    aboveTokens: tier.above_tokens,
    input: tier.input,
    cacheWrite5m: tier.cache_write_5m ?? tier.input,
    cacheWrite1h: tier.cache_write_1h ?? tier.cache_write_5m ?? tier.input,
    cacheRead: tier.cache_read ?? tier.input,
    output: tier.output,
  }));

const HeaderName = z.string().regex(/^[a-z0-9-]{1,64}$/, "must be a lower-case header name");
const SECRET_HEADERS = ["authorization", "x-api-key", "cookie", "proxy-authorization"];

const Row = z
  .strictObject({
    match: z.array(z.string().min(1)).min(1),
    base_url: Url,
    key_binding: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "must be the name of a setting, not a key"),
    auth: z.enum(["bearer", "x-api-key"]).default("bearer"),
    version: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}$/, "must be a date like 2023-06-01")
      .default(COMMON_VERSION),
    headers: z
      .record(HeaderName, z.string().regex(/^[\x20-\x7e]{0,1024}$/, "must be printable ASCII"))
      .refine((headers) => !SECRET_HEADERS.some((name) => name in headers), {
        error: "must not carry credentials; name the key's setting in key_binding",
      })
      .default({}),
    prices: z
      .array(PriceTier)
      .min(1)
      .refine((tiers) => tiers.some((tier) => tier.aboveTokens === 0), {
        error: "must have a tier without above_tokens",
      })
      .optional(),
  })
  .transform(
    (row): Provider => ({
      match: row.match,
      baseUrl: row.base_url,
      keyBinding: row.key_binding,
      auth: row.auth,
      version: row.version,
      headers: row.headers,
      prices: row.prices ?? null,
    }),
  );

const Rows = z.array(Row);

/**
 * The rows of the setting `PROVIDERS`, then the built-in one. Throws `ModelFailure` `not_configured` for a malformed setting; the message names
 * paths and rules and never a value.
 */
export function providersFrom(read: ReadSetting): Provider[] {
  const builtIn: Provider = {
    match: ["claude-*"],
    baseUrl: (read("ANTHROPIC_BASE_URL") || ANTHROPIC_URL).replace(/\/+$/, ""),
    keyBinding: "ANTHROPIC_API_KEY",
    auth: "bearer",
    version: ANTHROPIC_VERSION,
    headers: {},
  };
  return [...rowsOf(read("PROVIDERS")), builtIn];
}

/** The row that serves a model: an exact id goes before a prefix, an earlier row before a later one; null when none does. */
export function rowFor(model: string, providers: readonly Provider[]): Provider | null {
  const exact = providers.find((row) => row.match.includes(model));
  const byPrefix = (row: Provider) =>
    row.match.some((entry) => entry.endsWith("*") && model.startsWith(entry.slice(0, -1)));
  return exact ?? providers.find(byPrefix) ?? null;
}

/** The row with its key. Throws `ModelFailure` `not_configured`, naming the setting to change. */
export function providerFor(model: string, providers: readonly Provider[], read: ReadSetting): OpenProvider {
  const row = rowFor(model, providers);
  if (row === null) {
    throw new ModelFailure(
      "not_configured",
      `No provider serves the model "${model}". Add a row that matches it to the setting PROVIDERS.`,
    );
  }
  const key = read(row.keyBinding)?.trim();
  if (!key) {
    throw new ModelFailure(
      "not_configured",
      `The model "${model}" needs the setting ${row.keyBinding}. Put it in .dev.vars, or run: wrangler secret put ${row.keyBinding}`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ModelFailure(
      "not_configured",
      `The setting ${row.keyBinding} holds characters that a header cannot carry. Set it again.`,
    );
  }
  return { row, key };
}

/** What a model costs at the provider that serves it; null when it has no public price. */
export function pricedBy(model: string, providers: readonly Provider[]): Priced | null {
  const row = rowFor(model, providers);
  if (row === null) return null;
  return row.prices === undefined ? findModel(model) : { prices: row.prices, geoPriced: false };
}

function rowsOf(setting: string | undefined): Provider[] {
  if (setting === undefined || setting.trim() === "") return [];
  const parsed = Rows.safeParse(jsonOf(setting));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `${pathOf(issue.path)}: ${ruleOf(issue)}`);
  throw new ModelFailure("not_configured", `The setting PROVIDERS is malformed. ${issues.join("; ")}`);
}

/** JSON.parse quotes the text in its error, so its error is not used. */
function jsonOf(setting: string): unknown {
  try {
    return JSON.parse(setting);
  } catch {
    throw new ModelFailure("not_configured", "The setting PROVIDERS is not valid JSON. It is a list of provider rows.");
  }
}

function pathOf(path: readonly PropertyKey[]): string {
  return ["PROVIDERS", ...path.map(String)].join(".");
}

/** A key pasted as a field's name would be quoted by zod, so names are not repeated. */
function ruleOf(issue: z.core.$ZodIssue): string {
  return issue.code === "unrecognized_keys"
    ? "has a field that is not known here (a key belongs into its own setting, named by key_binding)"
    : issue.message;
}
