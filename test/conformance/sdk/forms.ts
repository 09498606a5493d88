/** The ways in: each API version with each form of the credential (spec/core.md §1.1). What is about routes runs once per form; on the older SDK, with two of them. */
import Anthropic, { type ClientOptions } from "@anthropic-ai/sdk";

const VERSIONS = ["2023-06-01", "2026-10-21"];

/** No header at all where null, whatever the SDK would send. */
type Credential = { authorization: string | null; "x-api-key": string | null };

/** With both, `x-api-key` counts: a bearer token that opens nothing must not matter. */
const CREDENTIALS: Record<string, (key: string) => Credential> = {
  Bearer: (key) => ({ authorization: `Bearer ${key}`, "x-api-key": null }),
  "x-api-key": (key) => ({ authorization: null, "x-api-key": key }),
  both: (key) => ({ authorization: "Bearer sk-opens-nothing", "x-api-key": key }),
};

export interface Form {
  name: string;
  headers(key: string): Record<string, string | null>;
}

const ALL: Form[] = VERSIONS.flatMap((version) =>
  Object.entries(CREDENTIALS).map(([name, credential]) => ({
    name: `${version}, ${name}`,
    headers: (key: string) => ({ "anthropic-version": version, ...credential(key) }),
  })),
);

/** Each version once, with two of the credentials: for what is long and knows neither. */
export const TWO_FORMS: Form[] = ALL.filter((_, i) => i === 0 || i === 4);

export const FORMS: Form[] = process.env.SDK_VERSION === "1.12.0" ? TWO_FORMS : ALL;

/** What the SDK sends of itself; for what no form can change. */
export const PLAIN: Form = { name: "as the SDK is", headers: (key) => ({ authorization: `Bearer ${key}` }) };

/** A client that authenticates in this form and no other. */
export function clientOf(form: Form, key: string, options: ClientOptions): Anthropic {
  const headers = { ...form.headers(key), ...(options.defaultHeaders as Record<string, string> | undefined) };
  return new Anthropic({ apiKey: null, authToken: null, ...options, defaultHeaders: headers });
}
