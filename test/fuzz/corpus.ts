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

export const CASES: readonly Case[] = [
  { name: "31 MB of text", target: EVENTS, body: message("x".repeat(31 * MB)), status: 200 },
  {
    name: "31 MB, chunked, refused at its end",
    target: EVENTS,
    body: `${message("x".repeat(31 * MB)).slice(0, -1)},"x":1}`,
    framing: "chunked",
    status: 400,
  },
  { name: "more than 32 MB", target: EVENTS, body: message("x".repeat(33 * MB)), status: 413 },
  {
    name: "more than 32 MB, chunked",
    target: EVENTS,
    body: message("x".repeat(33 * MB)),
    framing: "chunked",
    status: 413,
  },
  {
    name: "31 MB of escapes",
    target: EVENTS,
    body: content(`{"type":"text","text":"${"\\u0041".repeat(5 * MB)}"}`),
    status: 200,
  },
  { name: "31 MB of blocks", target: EVENTS, body: content(`{"type":"text","text":"a"},`.repeat(MB)), status: 400 },
  { name: "a long name", body: agent(`"description":"${"d".repeat(5 * MB)}"`), status: 400 },
  { name: "10,000 arrays", body: agent(`"metadata":${"[".repeat(DEEP)}${"]".repeat(DEEP)}`), status: 400 },
  { name: "10,000 objects", body: agent(`"metadata":${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`), status: 400 },
  {
    name: "10,000 levels in events",
    target: EVENTS,
    body: content(`${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`),
    status: 400,
  },
  { name: "10,000 levels, never closed", body: "[".repeat(DEEP), status: 400 },
  { name: "200,000 commas", body: agent(`"tools":[${"1,".repeat(250_000)}1]`), status: 400 },
  {
    name: "invalid UTF-8 in a string",
    body: Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]),
    status: 400,
  },
  { name: "UTF-16 with a BOM", body: Buffer.from(`\ufeff${agent('"system":"x"')}`, "utf16le"), status: 400 },
  { name: "a lone surrogate", target: EVENTS, body: content('{"type":"text","text":"\\ud800"}'), status: 400 },
  { name: "NUL in a name", body: agent('"name":"a\\u0000b"') },
  { name: "__proto__ as a key", body: agent('"metadata":{"__proto__":"x"}'), status: 400 },
  { name: "__proto__ as a key, escaped", body: agent('"metadata":{"__\\u0070roto__":"x"}'), status: 400 },
  {
    name: "__proto__ below long keys",
    body: `${`{"${"k".repeat(9_000)}":`.repeat(100)}{"__proto__":1}${"}".repeat(100)}`,
    status: 400,
  },
  { name: "empty", body: "", status: 400 },
  { name: "no body at all", status: 400 },
  { name: "null", body: "null", status: 400 },
  { name: "a list", body: "[]", status: 400 },
  { name: "a number beyond all", body: agent('"metadata":1e999999'), status: 400 },
  {
    name: "gzip, and said so",
    body: gzipSync(agent('"system":"x"')),
    headers: [["content-encoding", "gzip"]],
    status: 200,
  },
  { name: "said to be gzip", body: agent('"system":"x"'), headers: [["content-encoding", "gzip"]], status: 400 },
  {
    name: "a bomb of gzip",
    target: EVENTS,
    body: gzipSync(message("x".repeat(40 * MB))),
    headers: [["content-encoding", "gzip"]],
    status: 413,
  },
  { name: "deflate, not said", body: deflateSync(agent('"system":"x"')), status: 400 },
  { name: "a body that breaks off", target: EVENTS, body: message("a"), framing: "long", status: 400 },
  { name: "a chunk without a size", target: EVENTS, body: message("a"), framing: "badChunk", status: 400 },
  { name: "chunks without an end", target: EVENTS, body: message("a"), framing: "cutChunk", status: 400 },
  {
    name: "a file that breaks off",
    method: "PUT",
    target: "/x/sessions/@@session:0@@/files/workspace/a",
    body: "abc",
    framing: "long",
    status: 400,
  },
  {
    name: "a file without chunk sizes",
    method: "PUT",
    target: "/x/sessions/@@session:0@@/files/workspace/a",
    body: "abc",
    framing: "badChunk",
    status: 400,
  },
  {
    name: "a path cut inside a character",
    method: "GET",
    target: `/v1/agents/${"q".repeat(79)}%F0%9F%98%80`,
    status: 404,
  },
  {
    name: "an unknown path cut inside a character",
    method: "GET",
    target: `/v1/${"q".repeat(115)}%F0%9F%98%80`,
    status: 404,
  },
  {
    name: "a file's path cut inside a character",
    method: "GET",
    target: `/x/sessions/@@session:0@@/files/${"q".repeat(78)}%F0%9F%98%80`,
    status: 400,
  },
  { name: "a key cut inside a character", body: `{"${"k".repeat(79)}😀":1}`, status: 400 },
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
