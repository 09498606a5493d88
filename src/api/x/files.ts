/**
 * `/x/sessions/{id}/files/{path}`: a file into the session's machine, and out of it, as raw bytes. This is how a program gives an agent its data
 * until the Files resource exists.
 */
import { joined } from "../../log/bytes.ts";
import { ApiError, conflict, invalid, missing, unwrap } from "../../protocol/errors.ts";
import { FilePlaced } from "../../protocol/health.ts";
import { takeIn } from "../body/incoming.ts";
import type { AppContext } from "../context.ts";
import { sessionObject } from "../platform.ts";
import { route } from "../route.ts";
import { BEYOND } from "./groups.ts";

const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** Folders that are shared with the outside; the rest of a machine is the agent's own business. */
const FOLDERS = ["/workspace/", "/mnt/session/"];
const MAX_PATH_CHARS = 1_024;

const DESCRIPTION = "Below /workspace or /mnt/session, up to 8 MiB. The path may have several parts.";

export const files = [
  route({
    group: BEYOND,
    method: "PUT",
    path: "/x/sessions/{session_id}/files/{path}",
    id: "putFile",
    summary: "Place a file in the session's machine",
    withoutCatalog: true,
    description: DESCRIPTION,
    body: "bytes",
    answer: FilePlaced,
    refusals: [409],
    // Replaces what is there, and starts the machine if need be.
    handle: async (c, { session_id: id, path: rest }) => {
      const path = checkPath(rest);
      const session = unwrap(await sessionObject(c.env, id).getSession(c.var.workspace));
      if (session.archived_at !== null)
        throw new ApiError(conflict("the session is archived; send files to a live one"));
      const bytes = await readFile(c.req.raw);
      const placed = await c.env.SANDBOX.getByName(id).putFile(path, bytes);
      await mustHaveStayed(c, id);
      unwrap(placed);
      return { path, size_bytes: bytes.length };
    },
  }),
  route({
    group: BEYOND,
    method: "GET",
    path: "/x/sessions/{session_id}/files/{path}",
    id: "getFile",
    summary: "Read a file of the session's machine",
    withoutCatalog: true,
    description: DESCRIPTION,
    answer: "bytes",
    handle: async (c, { session_id: id, path: rest }) => {
      const path = checkPath(rest);
      unwrap(await sessionObject(c.env, id).getSession(c.var.workspace));
      const read = await c.env.SANDBOX.getByName(id).getFile(path);
      await mustHaveStayed(c, id);
      const bytes = unwrap(read);
      if (bytes === null) throw missing("file", path);
      return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/octet-stream" });
    },
  }),
];

/**
 * A session that was deleted meanwhile has removed its machine, perhaps before this request started one again: then that one goes too. A deletion
 * that begins after the session has answered here removes the machine itself.
 */
async function mustHaveStayed(c: AppContext, id: string): Promise<void> {
  const session = await sessionObject(c.env, id).getSession(c.var.workspace);
  if (!session.ok && session.error.status === 404) await c.env.SANDBOX.getByName(id).remove();
  unwrap(session);
}

/** The file's path from the root, or a 400. */
function checkPath(rest: string): string {
  const path = `/${rest}`;
  const plain = !/\p{Cc}/u.test(path) && rest.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (plain && path.length <= MAX_PATH_CHARS && FOLDERS.some((folder) => path.startsWith(folder))) return path;
  throw new ApiError(
    invalid(
      `path: must name a file below /workspace or /mnt/session, without empty parts, . or ..; is ${path.slice(0, 80)}`,
    ),
  );
}

function readFile({ body }: Request): Promise<Uint8Array> {
  const message = `body: more than ${MAX_FILE_BYTES} bytes, which is the most for one file; split the file`;
  const beyond = () => new ApiError({ status: 413, type: "request_too_large", message });
  return takeIn(body, { bytes: MAX_FILE_BYTES, beyond }, async (pieces) => {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece);
    return joined(all);
  });
}
