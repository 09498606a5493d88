/** The control routes under `/_control`, for tests in another process (remote.ts is their client). */
import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import type { ModelServer } from "./contract.ts";
import { onWire } from "./journal.ts";
import { fields, given, text } from "./json.ts";
import { sendError, sendJson } from "./reply.ts";

export interface ControlRequest {
  method: string;
  url: URL;
  raw: Buffer;
}

export async function control(server: ModelServer, request: ControlRequest, res: ServerResponse): Promise<void> {
  const { method, url, raw } = request;
  const body = fields(raw.length > 0 ? JSON.parse(raw.toString()) : {});
  const key = url.searchParams.get("key") ?? undefined;
  const wait = Number(url.searchParams.get("wait") ?? 0);
  const path = url.pathname.slice("/_control".length);
  switch (`${method} ${path}`) {
    case "POST /queue":
      server.queue(...(body.answers as Answer[]));
      return sendJson(res, 200, {});
    case "POST /script":
      server.script(text(body.key), body.answers as Answer[]);
      return sendJson(res, 200, {});
    case "POST /default":
      server.setDefault(body.answer as Answer);
      return sendJson(res, 200, {});
    case "POST /release":
      return sendJson(res, 200, { released: server.release(given(body.key) ? text(body.key) : undefined) });
    case "POST /reset":
      server.reset();
      return sendJson(res, 200, {});
    case "GET /held":
      await server.held(wait);
      return sendJson(res, 200, {});
    case "GET /journal": {
      const waited = wait > 0 ? await server.journal.waitFor(wait, key) : null;
      const all = key === undefined ? server.journal.entries : server.journal.messages(key);
      return sendJson(res, 200, { data: (waited ?? all).map(onWire) });
    }
  }
  const bytes = /^\/journal\/(\d+)\/body$/.exec(path);
  const raws = bytes && server.journal.entries[Number(bytes[1])]?.raw;
  if (!raws)
    return sendError(res, { status: 404, type: "not_found_error", message: `no such control: ${method} ${path}` });
  res.writeHead(200, { "content-type": "application/octet-stream" });
  res.end(raws);
}
