/**
 * A `fetch` for the SDK that looks at everything that passes: each body and each streamed frame goes through the validator, each response
 * must carry a request id. What is wrong is kept, and `problems` is empty when nothing was.
 */
import { type Violation, validateBody, validateLog, validateStream } from "../validator/validator.ts";
import { isObject } from "../validator/walk.ts";
import { withinTypes } from "./beyond.ts";
import { isStream, kindOf } from "./kinds.ts";

export interface Exchange {
  method: string;
  path: string;
  /** Of the request, lower-case names. */
  sent: Headers;
  body: unknown;
  status: number;
  /** Of the response. */
  headers: Headers;
}

/** One connection to a stream. */
export interface Stream {
  path: string;
  frames: unknown[];
  /** Comment lines without their colon. */
  comments: string[];
  /** An `event: error` has come. */
  refused: boolean;
}

type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

const REQUEST_ID = /^req_01[1-9A-HJ-NP-Za-km-z]{22}$/;
/** Exactly one `event:` and one `data:` line (spec/core.md §1.9). */
const FRAME = /^event: message\ndata: (.*)$/;
/** What refuses a reader from now on: the last frame of its stream. */
const REFUSAL = /^event: error\ndata: (.*)$/;

export class Wire {
  readonly exchanges: Exchange[] = [];
  readonly streams: Stream[] = [];
  readonly problems: string[] = [];
  /** Sessions that were made and not deleted. */
  readonly sessions = new Set<string>();

  readonly fetch: Fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(input, init);
    // Before an upload the SDK asks its own `fetch` about FormData with a data: URL; that is no request of the API.
    if (url.protocol === "data:") return response;
    const method = (init?.method ?? "GET").toUpperCase();
    const path = url.pathname;
    const { status, headers } = response;
    const body = init?.body ?? null;
    this.exchanges.push({ method, path, sent: new Headers(init?.headers), body, status, headers });
    const id = headers.get("request-id") ?? "";
    if (!REQUEST_ID.test(id)) this.#note(`${method} ${path} ${status}: request-id is "${id}"`);
    if (status === 200 && isStream(path)) return new Response(this.#watched(path, response), { status, headers });
    const text = await response.text();
    this.#body(method, path, status, headers, text);
    return new Response(text, { status, headers });
  };

  /** Requests of a method and path so far. */
  count(method: string, path: string): number {
    return this.exchanges.filter((one) => one.method === method && one.path === path).length;
  }

  /** Checks each stream as a whole. */
  checkStreams(): void {
    for (const { path, frames, comments } of this.streams) {
      this.#violations(`stream ${path}`, validateStream(frames));
      if (comments[0] !== " connected") this.#note(`stream ${path} began with "${comments[0]}"`);
    }
  }

  /** Checks a session's whole log, and that streams showed its events as they are stored. */
  checkLog(sessionId: string, events: readonly unknown[]): void {
    this.#violations(`log of ${sessionId}`, validateLog(events));
    const stored = new Map(events.map((event) => [idOf(event), JSON.stringify(event)]));
    for (const stream of this.streams.filter(({ path }) => path.includes(sessionId))) {
      for (const frame of stream.frames) {
        const listed = stored.get(idOf(frame));
        if (listed !== undefined && listed !== JSON.stringify(frame))
          this.#note(`${idOf(frame)} streamed unlike listed`);
      }
    }
  }

  forget(): void {
    for (const list of [this.exchanges, this.streams, this.problems]) list.length = 0;
    this.sessions.clear();
  }

  #body(method: string, path: string, status: number, headers: Headers, text: string): void {
    const where = `${method} ${path} ${status}`;
    const type = headers.get("content-type") ?? "";
    const kind = kindOf(method, path, status);
    if (!type.includes("application/json") || kind === null) {
      this.#note(`${where}: content-type "${type}", or no route answers this`);
      return;
    }
    const value: unknown = JSON.parse(text);
    const typed = withinTypes(kind, value);
    for (const problem of typed.problems) this.#note(`${where}: ${problem}`);
    this.#violations(where, validateBody(kind, typed.value));
    if (kind === "error" && isObject(value) && value.request_id !== headers.get("request-id"))
      this.#note(`${where}: request_id differs from the header`);
    if (kind === "session" && method === "POST" && path === "/v1/sessions") this.sessions.add(idOf(value));
    if (kind === "session_deleted") this.sessions.delete(idOf(value));
  }

  /** The response's body, passed on as it comes, with its frames kept. */
  #watched(path: string, response: Response): ReadableStream {
    const stream: Stream = { path, frames: [], comments: [], refused: false };
    this.streams.push(stream);
    const decoder = new TextDecoder();
    let rest = "";
    let last = "";
    const watch = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        const text = decoder.decode(chunk, { stream: true });
        // A frame of 31 MB comes in many chunks: looking through all of it for each would be quadratic.
        const mayEnd = `${last}${text}`.includes("\n\n");
        last = text.at(-1) ?? last;
        rest += text;
        const blocks = mayEnd ? rest.split("\n\n") : [rest];
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#block(stream, block);
        controller.enqueue(chunk);
      },
    });
    return (response.body as ReadableStream<Uint8Array>).pipeThrough(watch);
  }

  #block(stream: Stream, block: string): void {
    const data = FRAME.exec(block)?.[1];
    const refusal = REFUSAL.exec(block)?.[1];
    if (stream.refused) this.#note(`stream ${stream.path}: goes on after its error: ${block.slice(0, 200)}`);
    if (refusal !== undefined) {
      stream.refused = true;
      this.#violations(`stream ${stream.path} error`, validateBody("error", JSON.parse(refusal)));
    } else if (block.startsWith(":")) stream.comments.push(block.slice(1));
    else if (data !== undefined) stream.frames.push(JSON.parse(data));
    else this.#note(`stream ${stream.path}: not one event and one data line: ${block.slice(0, 200)}`);
  }

  #violations(where: string, violations: Violation[]): void {
    for (const { rule, path, message } of violations) this.#note(`${where} [${rule}] ${path}: ${message}`);
  }

  #note(problem: string): void {
    this.problems.push(problem);
  }
}

function idOf(value: unknown): string {
  return isObject(value) ? String(value.id) : "";
}
