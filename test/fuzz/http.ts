/**
 * HTTP/1.1 by hand over a socket: `fetch` and `node:http` refuse to send most of what a hostile or broken client sends. One connection per
 * request, so that a broken one spoils nothing but itself.
 */
import { createConnection, type Socket } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

/** How the body is announced and sent. All but the first two break HTTP; the rest of the connection is then anybody's guess. */
export const FRAMINGS = ["length", "chunked", "short", "long", "badLength", "badChunk", "cutChunk", "both"] as const;
export type Framing = (typeof FRAMINGS)[number];

export interface RawRequest {
  method: string;
  /** Path and query as they stand in the request line. */
  target: string;
  headers: [name: string, value: string][];
  /** Null: no body and nothing that announces one. */
  body: Uint8Array | null;
  framing: Framing;
}

export interface Reply {
  status: number;
  /** Lower-case names; of repeated ones the last. */
  headers: Map<string, string>;
  /** Of a stream: what came until its first frame. */
  body: Buffer;
  ms: number;
}

/** What came instead of an answer: the connection closed, or nothing for NO_ANSWER_MS. */
export type Silence = "closed" | "silent";

/** A request that is not answered by then is a finding. */
export const NO_ANSWER_MS = 60_000;
/** A body that is written in pieces of this many bytes. */
const CHUNK_BYTES = 64 * 1024;

export function send(url: URL, request: RawRequest): Promise<Reply | Silence> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = createConnection({ host: url.hostname, port: Number(url.port) });
    const parts: Buffer[] = [];
    let [length, enough] = [0, 0];
    const end = (result: Reply | Silence) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end("silent"), NO_ANSWER_MS);
    const look = (closed: boolean) => {
      const bytes = Buffer.concat(parts);
      const reply = readReply(bytes, request.method, closed);
      if (reply) end({ ...reply, body: plain(reply), ms: performance.now() - began });
      else if (closed) end("closed");
      else parts.splice(0, parts.length, bytes);
    };
    socket.on("data", (chunk) => {
      parts.push(chunk);
      length += chunk.length;
      // Reading 31 MB again for each of its thousand chunks would be the longest part of the answer.
      if (length < enough && !endsBody(chunk)) return;
      look(false);
      enough = announcedEnd(parts[0]) ?? 2 * length;
    });
    // A server that has answered may reset what is still being sent.
    socket.on("error", () => look(true));
    socket.on("close", () => look(true));
    writeRequest(socket, url, request);
  });
}

/** workerd compresses for a client that asks for it. */
function plain({ headers, body }: Omit<Reply, "ms">): Buffer {
  const coding = body.length === 0 ? "" : headers.get("content-encoding");
  if (coding === "gzip") return gunzipSync(body);
  return coding === "br" ? brotliDecompressSync(body) : body;
}

/** Bytes of the whole reply, by its content-length. */
function announcedEnd(bytes: Buffer | undefined): number | null {
  const headEnd = bytes?.indexOf("\r\n\r\n") ?? -1;
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(bytes?.toString("latin1", 0, headEnd + 2) ?? "") ?? [];
  return headEnd < 0 || length === undefined ? null : headEnd + 4 + Number(length);
}

/** Whether a body might end here: chunked ones end so, and short ones are looked at anyway. */
function endsBody(chunk: Buffer): boolean {
  const MIN_FULL_BYTES = 8 * 1024;
  return chunk.length < MIN_FULL_BYTES || chunk.toString("latin1", chunk.length - 5) === "0\r\n\r\n";
}

/** The head's bytes: Latin-1 where that can say it, so that bytes which are no UTF-8 are sent too. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, /[^\0-\u00ff]/.test(text) ? "utf8" : "latin1");
}

function writeRequest(socket: Socket, url: URL, { method, target, headers, body, framing }: RawRequest): void {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `host: ${url.host}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const length = body?.length ?? 0;
  const chunked = framing === "chunked" || framing === "badChunk" || framing === "cutChunk" || framing === "both";
  if (body && chunked) lines.push("transfer-encoding: chunked");
  if (body && framing === "badLength") lines.push("content-length: 12abc");
  else if (body && (!chunked || framing === "both")) lines.push(`content-length: ${announced(framing, length)}`);
  socket.write(bytesOf(`${lines.join("\r\n")}\r\n\r\n`));
  if (!body) return;
  if (!chunked) socket.write(body);
  else {
    for (let at = 0; at < length; at += CHUNK_BYTES) {
      const part = body.subarray(at, at + CHUNK_BYTES);
      socket.write(framing === "badChunk" ? "xyz\r\n" : `${part.length.toString(16)}\r\n`);
      socket.write(part);
      socket.write("\r\n");
    }
    if (framing !== "cutChunk") socket.write("0\r\n\r\n");
  }
  if (framing === "long" || framing === "cutChunk") socket.end();
}

function announced(framing: Framing, length: number): number {
  if (framing === "short") return Math.max(0, length - 7);
  return framing === "long" ? length + 7 : length;
}

/** Null while the reply is not complete. */
export function readReply(bytes: Buffer, method: string, closed: boolean): Omit<Reply, "ms"> | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const rest = bytes.subarray(headEnd + 4);
  if (status === 100) return readReply(rest, method, closed);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  if (method === "HEAD" || status === 101 || status === 204) return { status, headers, body: Buffer.alloc(0) };
  const length = headers.get("content-length");
  if (length !== undefined) {
    return rest.length >= Number(length) || closed ? { status, headers, body: rest.subarray(0, Number(length)) } : null;
  }
  const chunked = headers.get("transfer-encoding") === "chunked";
  const { body, complete } = chunked ? unchunk(rest) : { body: rest, complete: closed };
  const streaming = headers.get("content-type")?.startsWith("text/event-stream") && body.length > 0;
  return complete || streaming ? { status, headers, body } : null;
}

function unchunk(bytes: Buffer): { body: Buffer; complete: boolean } {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const size = lineEnd < 0 ? Number.NaN : Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const from = lineEnd + 2;
    if (size === 0) return { body: Buffer.concat(parts), complete: bytes.length >= from + 2 };
    if (Number.isNaN(size) || bytes.length < from + size + 2) return { body: Buffer.concat(parts), complete: false };
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
