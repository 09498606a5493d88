/** Settings of `web_search` and `web_fetch` inside the agent toolset (spec/core.md §5.3). */
import { z } from "zod";
import { text } from "./fields.ts";
import { ToolSettings, ToolSettingsParams } from "./permissions.ts";

/** Entries of one domain list. */
export const MAX_DOMAINS = 64;
/** Characters of one domain. */
export const MAX_DOMAIN = 255;
/** Tools named in one `only` or `except` list. */
export const MAX_URL_SOURCE_TOOLS = 128;

const HOSTNAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.[a-z][a-z0-9-]*[a-z0-9]$/i;
const INTERNAL = /\.(localhost|local|internal|lan|home|corp|localdomain)$/i;

/** A list of public hostnames; `paths` also allows a path after the host. Public suffixes are not known here: the provider refuses those. */
function domains(paths: boolean) {
  const domain = z.string().superRefine((entry, ctx) => {
    // Before any pattern looks: their work grows with the square of the length.
    if (entry.length > MAX_DOMAIN) return ctx.addIssue(`must have at most ${MAX_DOMAIN} characters`);
    const host = paths ? entry.replace(/\/.*$/, "") : entry;
    if (!HOSTNAME.test(host) || INTERNAL.test(host))
      ctx.addIssue("must be a public hostname such as docs.example.com: no scheme, port, wildcard or IP address");
  });
  return z
    .array(domain)
    .min(1, "must not be empty; leave it out to set no limit")
    .max(MAX_DOMAINS, `must have at most ${MAX_DOMAINS} entries`)
    .refine((list) => new Set(list.map((d) => d.toLowerCase())).size === list.length, "must not name a domain twice")
    .nullish();
}

const oneList = (config: { allowed_domains?: string[] | null; blocked_domains?: string[] | null }) =>
  !config.allowed_domains || !config.blocked_domains;
const ONE_LIST = { message: "cannot be combined with allowed_domains; send one of the two", path: ["blocked_domains"] };

/** Characters of a place's name; our own limit, the wire names none. @inferred */
const MAX_PLACE = 255;
const Place = text(1, MAX_PLACE);

const UserLocation = z.strictObject({
  type: z.literal("approximate"),
  city: Place.nullish(),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "must be a two-letter country code in capitals, such as CH")
    .nullish(),
  region: Place.nullish(),
  timezone: Place.refine(isTimezone, "must be an IANA timezone such as Europe/Zurich").nullish(),
});

function isTimezone(name: string): boolean {
  // Offsets such as +02:00 are formats that the runtime takes too, and no names.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

const All = z.strictObject({ type: z.literal("all") });
const None = z.strictObject({ type: z.literal("none") });
const Named = z
  .array(z.strictObject({ type: z.literal("tool_reference"), name: z.string().min(1, "must not be empty") }))
  .min(1, "must not be empty")
  .max(MAX_URL_SOURCE_TOOLS, `must have at most ${MAX_URL_SOURCE_TOOLS} entries`)
  .refine((tools) => new Set(tools.map((tool) => tool.name)).size === tools.length, "must not name a tool twice");
/** The built-in tools whose results may name URLs. */
const WEB_TOOLS = ["web_search", "web_fetch"];
const NamedWeb = Named.superRefine((tools, ctx) => {
  const at = tools.findIndex(({ name }) => !WEB_TOOLS.includes(name));
  if (at >= 0) ctx.addIssue({ code: "custom", path: [at, "name"], message: `must be ${WEB_TOOLS.join(" or ")}` });
});
const Only = z.strictObject({ type: z.literal("only"), tools: Named });
const Except = z.strictObject({ type: z.literal("except"), tools: Named });

const ToolFilter = z.discriminatedUnion("type", [All, None, Only, Except]);
const WebFilter = z.discriminatedUnion("type", [
  All,
  None,
  Only.extend({ tools: NamedWeb }),
  Except.extend({ tools: NamedWeb }),
]);
const UserInput = z.discriminatedUnion("type", [All, None]);
const Shorthand = z.enum(["all", "none"]).transform((type) => ({ type }));

const UrlSources = z.object({
  client_tool_results: ToolFilter.nullable(),
  server_tool_results: ToolFilter.nullable(),
  user_input: UserInput.nullable(),
});

const UrlSourcesParams = z
  .strictObject({
    client_tool_results: z.union([Shorthand, ToolFilter]).nullish(),
    server_tool_results: z.union([Shorthand, WebFilter]).nullish(),
    user_input: z.union([Shorthand, UserInput]).nullish(),
  })
  .refine(
    (from) => [from.client_tool_results, from.server_tool_results, from.user_input].some((one) => one?.type !== "none"),
    "must not be none in all three; disable web_fetch instead",
  );

const SEARCH = { name: z.literal("web_search") };
const FETCH = { name: z.literal("web_fetch") };

export const WebSearchConfig = ToolSettings.extend({
  ...SEARCH,
  type: z.literal("web_search"),
  allowed_domains: z.array(z.string()).optional(),
  blocked_domains: z.array(z.string()).optional(),
  user_location: UserLocation.nullish(),
});

export const WebFetchConfig = ToolSettings.extend({
  ...FETCH,
  type: z.literal("web_fetch"),
  url_sources: UrlSources.nullable(),
  allowed_domains: z.array(z.string()).optional(),
  blocked_domains: z.array(z.string()).optional(),
  max_content_tokens: z.int().nullish(),
});

export const WebSearchConfigParams = ToolSettingsParams.extend({
  ...SEARCH,
  type: z.literal("web_search", "must be web_search, as name is").optional(),
  allowed_domains: domains(true),
  blocked_domains: domains(true),
  user_location: UserLocation.nullish(),
}).refine(oneList, ONE_LIST);

export const WebFetchConfigParams = ToolSettingsParams.extend({
  ...FETCH,
  type: z.literal("web_fetch", "must be web_fetch, as name is").optional(),
  url_sources: UrlSourcesParams.nullish(),
  allowed_domains: domains(false),
  blocked_domains: domains(false),
  max_content_tokens: z.int().min(1).nullish(),
}).refine(oneList, ONE_LIST);
