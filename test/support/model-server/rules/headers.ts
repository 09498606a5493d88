/** Headers, size and JSON: what every request must bring (spec/messages.md §1, §2, §14). */
import { KNOWN_BETAS } from "../betas.ts";
import { firstOf, invalid, type Rule, rule } from "../rule.ts";

const VERSIONS = ["2023-06-01", "2026-10-21"];
/** Bytes. */
const MAX_BODY = 32_000_000;

export const headerRules: readonly Rule[] = [
  rule("headers.credential", ({ headers }) => {
    const bearer = /^Bearer \S/i.test(headers.authorization ?? "");
    if (headers["x-api-key"] || bearer) return null;
    const message = "x-api-key header is required";
    return { status: 401, type: "authentication_error", message };
  }),
  rule("headers.version", ({ version }) => (version ? null : invalid("anthropic-version: header is required"))),
  rule("headers.known_version", ({ version }) =>
    VERSIONS.includes(version ?? "") ? null : invalid(`anthropic-version: "${version}" is not a valid version`),
  ),
  rule("headers.known_beta", ({ betas }) =>
    firstOf(betas, (beta) =>
      KNOWN_BETAS.has(beta) ? null : invalid(`Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header`),
    ),
  ),
];

export const bodyRules: readonly Rule[] = [
  rule("body.size", ({ bytes }) =>
    bytes <= MAX_BODY
      ? null
      : { status: 413, type: "request_too_large", message: "Request exceeds the maximum size of 32 MB" },
  ),
  { id: "body.json", check: ({ parsed }) => (parsed ? null : invalid("The request body is not a valid JSON object")) },
];
