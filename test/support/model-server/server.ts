/** The scripted model server: strict about what it is asked, scripted in what it answers. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Pace, say } from "./answer.ts";
import { PromptCache } from "./cache.ts";
import { listModels, modelInfo } from "./catalog.ts";
import { compose, type State } from "./compose.ts";
import type { ModelServer, ModelServerOptions } from "./contract.ts";
import { control } from "./control.ts";
import { Holds } from "./holds.ts";
import { type Entry, Journal } from "./journal.ts";
import { AnswerMemory } from "./memory.ts";
import { findModel } from "./models.ts";
import { play } from "./play.ts";
import { sendError, sendJson } from "./reply.ts";
import { type Endpoint, type Received, type Request, readRequest } from "./request.ts";
import { Scripts } from "./scripts.ts";
import { tokensOf } from "./tokens.ts";
import { validate } from "./validate.ts";

/** Signatures outlive the server, so that a conversation may go on against the next one. */
const SECRET = "model server signatures";
const AT_ONCE: Pace = { first_ms: 0, gap_ms: 0 };

export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const windows = options.windows ?? true;
  const standard = options.default ?? say("Done.");
  const state: State = { memory: new AnswerMemory(), cache: new PromptCache() };
  const journal = new Journal(options.keepUpTo ?? Number.POSITIVE_INFINITY);
  const scripts = new Scripts(standard);
  const holds = new Holds();
  const http = createServer((req, res) => {
    serve(req, res).catch((error: unknown) => {
      // A client that dies while it still sends is no mistake of anybody here.
      if (req.complete) fail(res, error);
    });
  });
  // Idle connections stay open: a client that reuses one while it closes would see a fault that nobody scripted.
  http.keepAliveTimeout = 0;

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const raw = Buffer.concat(await req.toArray());
    const url = new URL(req.url ?? "/", "http://localhost");
    if (url.pathname.startsWith("/_control/")) return control(server, { method: req.method ?? "", url, raw }, res);
    const left = new AbortController();
    const headers = Object.fromEntries(Object.entries(req.headers).map(([name, value]) => [name, String(value)]));
    const entry = journal.add({ method: req.method ?? "", path: url.pathname, headers, raw, at: Date.now() });
    res.on("close", () => {
      entry.status = res.headersSent ? res.statusCode : null;
      if (!res.writableFinished) left.abort();
      if (entry.end === "open") entry.end = res.writableFinished ? "served" : "left";
      journal.changed();
    });
    await answer(entry, { endpoint: endpointOf(url.pathname), headers, raw }, url.pathname, res, left.signal);
    if (!left.signal.aborted) entry.end = "served";
    journal.changed();
  }

  async function answer(entry: Entry, received: Received, path: string, res: ServerResponse, left: AbortSignal) {
    const request = readRequest(received, { secret: SECRET, memory: state.memory, windows });
    entry.verdict = validate(request);
    journal.changed();
    if (entry.verdict) return sendError(res, entry.verdict);
    if (entry.method === "POST" && path === "/v1/messages") return answerMessages(entry, request, res, left);
    if (entry.method === "POST" && path === "/v1/messages/count_tokens") {
      const counted = { input_tokens: tokensOf(request.prompt().bytes) };
      return sendJson(res, 200, request.betas.size > 0 ? { ...counted, context_management: null } : counted);
    }
    const model = findModel(decodeURIComponent(path.slice("/v1/models/".length)));
    if (entry.method === "GET" && path === "/v1/models") return sendJson(res, 200, listModels());
    if (entry.method === "GET" && path.startsWith("/v1/models/") && model) return sendJson(res, 200, modelInfo(model));
    sendError(res, { status: 404, type: "not_found_error", message: `Not found: ${entry.method} ${path}` });
  }

  async function answerMessages(entry: Entry, request: Request, res: ServerResponse, left: AbortSignal): Promise<void> {
    const { answer, ...picked } = scripts.pick(request);
    entry.answer = picked;
    journal.changed();
    const composed = compose(request, answer, state, Date.now());
    entry.messageId = String(composed.message.id);
    const fault = picked.faulty ? answer.fault : undefined;
    const pace = answer.pace ?? options.pace ?? AT_ONCE;
    const stream = request.body.stream === true;
    await play({ res, answer, fault, composed, stream, pace, key: picked.key, holds, left });
  }

  http.listen(options.port ?? 0, "127.0.0.1");
  await once(http, "listening");
  const server: ModelServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    journal,
    queue: (...answers) => scripts.enqueue(answers),
    script: (key, answers) => scripts.set(key, answers),
    setDefault: (answer) => {
      scripts.default = answer;
    },
    held: (count = 1) => holds.held(count),
    release: (key) => holds.release(key),
    reset: () => {
      holds.release();
      scripts.clear();
      scripts.default = standard;
      journal.clear();
      state.memory.clear();
      state.cache.clear();
    },
    close: async () => {
      http.close();
      http.closeAllConnections();
      await once(http, "close");
    },
  };
  return server;
}

/** A mistake in a script or in this server: said, and seen by the client as a failure. */
function fail(res: ServerResponse, error: unknown): void {
  const message = `model server: ${error instanceof Error ? error.stack : String(error)}`;
  console.error(message);
  if (res.headersSent) res.destroy();
  else sendError(res, { status: 500, type: "api_error", message });
}

/** Paths that are not the Messages endpoints' answer to the header rules alone. */
function endpointOf(path: string): Endpoint {
  if (path === "/v1/messages") return "messages";
  return path === "/v1/messages/count_tokens" ? "count_tokens" : "models";
}
