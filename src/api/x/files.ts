/**
 * `/x/sessions/{id}/files/{path}`: a file into the session's machine, and out of it, as raw bytes. This is how a program gives an agent its data
 * until the Files resource exists.
 */
import { joined } from "../../log/bytes.ts";
import { ApiError, conflict, invalid } from "../../protocol/errors.ts";
import { Incoming } from "../body/incoming.ts";
import type { AppContext } from "../context.ts";
import { missing, unwrap } from "../errors.ts";
import { known } from "../ids.ts";
import { sessionObject } from "../objects.ts";

const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Folders that are shared with the outside; the rest of a machine is the agent's own business. */
const FOLDERS = ["/workspace/", "/mnt/session/"];
const MAX_PATH_CHARS = 1_024;

/** Places the body at the path, replacing what is there; starts the machine if need be. Answers `{path, size_bytes}`. */
export async function putFile(c: AppContext): Promise<Response> {
  const { id, path } = target(c);
  const session = unwrap(await sessionObject(c.env, id).getSession(c.var.workspace));
  if (session.archived_at !== null) throw new ApiError(conflict("the session is archived; files go into a live one"));
  const bytes = await readBounded(c.req.raw);
  const placed = await c.env.SANDBOX.getByName(id).putFile(path, bytes);
  await mustHaveStayed(c, id);
  unwrap(placed);
  return c.json({ path, size_bytes: bytes.length });
}

/** The file's bytes; 404 when there is none. */
export async function getFile(c: AppContext): Promise<Response> {
  const { id, path } = target(c);
  unwrap(await sessionObject(c.env, id).getSession(c.var.workspace));
  const read = await c.env.SANDBOX.getByName(id).getFile(path);
  await mustHaveStayed(c, id);
  const bytes = unwrap(read);
  if (bytes === null) throw missing("file", path);
  return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/octet-stream" });
}

/**
 * A session that was deleted meanwhile has removed its machine, perhaps before this request started one again: then that one goes too. A deletion
 * that begins after the session has answered here removes the machine itself.
 */
async function mustHaveStayed(c: AppContext, id: string): Promise<void> {
  const session = await sessionObject(c.env, id).getSession(c.var.workspace);
  if (!session.ok && session.error.status === 404) await c.env.SANDBOX.getByName(id).remove();
  unwrap(session);
}

function target(c: AppContext): { id: string; path: string } {
  const id = known("sesn", c.req.param("id") ?? "");
  const path = `/${c.req.param("path") ?? ""}`;
  const parts = path.slice(1).split("/");
  const plain = !/\p{Cc}/u.test(path) && parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (plain && path.length <= MAX_PATH_CHARS && FOLDERS.some((folder) => path.startsWith(folder))) return { id, path };
  throw new ApiError(
    invalid(
      `path: must name a file below /workspace or /mnt/session, without empty parts, . or ..; is ${path.slice(0, 80)}`,
    ),
  );
}

/** Takes the body in, and when it is refused the rest of it too, so that the client lives to see the answer. */
async function readBounded(request: Request): Promise<Uint8Array> {
  const incoming = new Incoming(request.body);
  try {
    return joined(await collect(incoming));
  } catch (error) {
    await incoming.readOut();
    throw error;
  } finally {
    incoming.close();
  }
}

async function collect(incoming: Incoming): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await incoming.next(); piece; piece = await incoming.next()) {
    length += piece.length;
    if (length > MAX_FILE_BYTES) {
      const message = `body: more than ${MAX_FILE_BYTES} bytes, which is the most for one file; split the file`;
      throw new ApiError({ status: 413, type: "request_too_large", message });
    }
    pieces.push(piece);
  }
  return pieces;
}
