/** Fixed cases: what random bytes seldom reach, and every case that once found something. */
import { deflateSync, gzipSync } from "node:zlib";
import { type Framing, type RawRequest, send } from "./http.ts";
import { judge } from "./oracle.ts";
import { BASE_HEADERS } from "./plans.ts";
import type { Totals } from "./totals.ts";
import { SECRETS, type World } from "./world.ts";

interface Case {
  name: string;
  method?: string;
  target?: string;
  headers?: [string, string][];
  body?: Buffer | string;
  framing?: Framing;
  /** The status that the specification asks for; absent: any refusal. */
  status?: number;
}

const EVENTS = "/v1/sessions/@@large@@/events";
const MB = 1_000_000;
const DEEP = 10_000;

const message = (text: string) =>
  JSON.stringify({ events: [{ type: "user.message", content: [{ type: "text", text }] }] });
const agent = (more: string) => `{"name":"a","model":"rehearsal",${more}}`;
const content = (items: string) => `{"events":[{"type":"user.message","content":[${items}]}]}`;

const agents = (name: string, status: number | undefined, body?: Case["body"], more: Partial<Case> = {}): Case => ({
  name,
  ...(status === undefined ? {} : { status }),
  ...(body === undefined ? {} : { body }),
  ...more,
});
const events = (name: string, status: number, body: Case["body"], more: Partial<Case> = {}): Case =>
  agents(name, status, body, { target: EVENTS, ...more });
const asked = (name: string, status: number, target: string): Case => ({ name, method: "GET", target, status });
const file = (name: string, framing: Framing): Case =>
  agents(name, 400, "abc", { method: "PUT", target: "/x/sessions/@@session:0@@/files/workspace/a", framing });
const GZIP: Partial<Case> = { headers: [["content-encoding", "gzip"]] };
const HALF = "%F0%9F%98%80";
const LONG = message("x".repeat(31 * MB));
const TOO_LONG = message("x".repeat(33 * MB));
const NOT_UTF8 = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]);
const LONG_KEYS = `${`{"${"k".repeat(9_000)}":`.repeat(100)}{"__proto__":1}${"}".repeat(100)}`;

export const CASES: readonly Case[] = [
  events("31 MB of text", 200, LONG),
  events("31 MB, chunked, refused at its end", 400, `${LONG.slice(0, -1)},"x":1}`, { framing: "chunked" }),
  events("more than 32 MB", 413, TOO_LONG),
  events("more than 32 MB, chunked", 413, TOO_LONG, { framing: "chunked" }),
  events("31 MB of escapes", 200, content(`{"type":"text","text":"${"\\u0041".repeat(5 * MB)}"}`)),
  events("31 MB of blocks", 400, content(`{"type":"text","text":"a"},`.repeat(MB))),
  agents("a long name", 400, agent(`"description":"${"d".repeat(5 * MB)}"`)),
  agents("10,000 arrays", 400, agent(`"metadata":${"[".repeat(DEEP)}${"]".repeat(DEEP)}`)),
  agents("10,000 objects", 400, agent(`"metadata":${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`)),
  events("10,000 levels in events", 400, content(`${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`)),
  agents("10,000 levels, never closed", 400, "[".repeat(DEEP)),
  agents("200,000 commas", 400, agent(`"tools":[${"1,".repeat(250_000)}1]`)),
  agents("invalid UTF-8 in a string", 400, NOT_UTF8),
  agents("UTF-16 with a BOM", 400, Buffer.from(`\ufeff${agent('"system":"x"')}`, "utf16le")),
  events("a lone surrogate", 400, content('{"type":"text","text":"\\ud800"}')),
  agents("NUL in a name", undefined, agent('"name":"a\\u0000b"')),
  agents("__proto__ as a key", 400, agent('"metadata":{"__proto__":"x"}')),
  agents("__proto__ as a key, escaped", 400, agent('"metadata":{"__\\u0070roto__":"x"}')),
  agents("__proto__ below long keys", 400, LONG_KEYS),
  agents("empty", 400, ""),
  agents("no body at all", 400),
  agents("null", 400, "null"),
  agents("a list", 400, "[]"),
  agents("a number beyond all", 400, agent('"metadata":1e999999')),
  agents("gzip, and said so", 200, gzipSync(agent('"system":"x"')), GZIP),
  agents("said to be gzip", 400, agent('"system":"x"'), GZIP),
  events("a bomb of gzip", 413, gzipSync(message("x".repeat(40 * MB))), GZIP),
  agents("deflate, not said", 400, deflateSync(agent('"system":"x"'))),
  events("a body that breaks off", 400, message("a"), { framing: "long" }),
  events("a chunk without a size", 400, message("a"), { framing: "badChunk" }),
  events("chunks without an end", 400, message("a"), { framing: "cutChunk" }),
  file("a file that breaks off", "long"),
  file("a file without chunk sizes", "badChunk"),
  asked("a path cut inside a character", 404, `/v1/agents/${"q".repeat(79)}${HALF}`),
  asked("an unknown path cut inside a character", 404, `/v1/${"q".repeat(115)}${HALF}`),
  asked("a file's path cut inside a character", 400, `/x/sessions/@@session:0@@/files/${"q".repeat(78)}${HALF}`),
  agents("a key cut inside a character", 400, `{"${"k".repeat(79)}😀":1}`),
];

/** One after the other: the large ones would fill a small machine together. */
export async function playCorpus(world: World, totals: Totals): Promise<string[]> {
  const problems: string[] = [];
  for (const one of CASES) {
    const request = requestOf(one, world);
    const reply = await send(world.url, request);
    if (typeof reply === "string") totals.count("corpus", reply, 0, one.name);
    else {
      totals.count("corpus", reply.status, reply.ms, one.name);
      world.observe(reply);
      if (one.status !== undefined && reply.status !== one.status && reply.headers.has("request-id"))
        problems.push(`${one.name}: ${reply.status}, not ${one.status}: ${reply.body.toString("utf8", 0, 300)}`);
    }
    problems.push(...judge({ request, reply, secrets: SECRETS }).map((problem) => `${one.name}: ${problem}`));
  }
  return problems;
}

function requestOf(
  { method = "POST", target = "/v1/agents", headers = [], body, framing = "length" }: Case,
  world: World,
): RawRequest {
  const all = [...BASE_HEADERS, ["content-type", "application/json"] as [string, string], ...headers];
  return {
    method,
    target: world.resolve(target),
    headers: all.map(([name, value]): [string, string] => [name, world.resolve(value)]),
    body: typeof body === "string" ? Buffer.from(body) : (body ?? null),
    framing,
  };
}
