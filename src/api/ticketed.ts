/**
 * The routes that take a ticket in place of a key: they stand before authentication, version and beta, whose headers a browser cannot send here
 * either. Without `?ticket=` a request goes on as any other.
 */
import { type Handler, Hono } from "hono";
import { errorResponse } from "./answer.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { checkOrigin } from "./cors.ts";
import { known } from "./ids.ts";
import { countRead } from "./limits.ts";
import { idOfWorkspace, unauthorized } from "./middleware/auth.ts";
import { keyTable } from "./middleware/keys.ts";
import { refuseRevoked } from "./standing.ts";
import { streamEvents } from "./stream/sse.ts";
import { spendTicket } from "./tickets.ts";
import { openSocket, postEvents } from "./x.ts";

export const ticketed = new Hono<AppEnv>();

/** EventSource goes on with the id of the last event, so here every stored event has one. */
const stream = withTicket((c, sessionId) => {
  const thread = c.req.param("thread");
  return streamEvents(c, sessionId, thread === undefined ? null : known("sthr", thread), { ids: true });
});
ticketed.get("/v1/sessions/:id/events/stream", stream);
ticketed.get("/v1/sessions/:id/threads/:thread/stream", stream);

ticketed.get(
  "/x/sessions/:id/socket",
  withTicket((c, sessionId, mayWrite) =>
    openSocket(c, sessionId, (batch) => (mayWrite ? postEvents(c, sessionId, batch) : readOnly(c))),
  ),
);

type Serve = (c: AppContext, sessionId: string, mayWrite: boolean) => Promise<Response>;

function withTicket(serve: Serve): Handler<AppEnv> {
  return async (c, next) => {
    const ticket = new URL(c.req.url).searchParams.get("ticket");
    if (ticket === null) return next();
    const id = known("sesn", c.req.param("id") ?? "");
    // A page that may not come in should not spend the ticket of one that may.
    checkOrigin(c);
    const { workspace, cred, access } = await spendTicket(c, ticket, id);
    c.set("workspace", workspace);
    c.set("workspaceId", idOfWorkspace(workspace));
    c.set("cred", cred);
    mustHaveKey(c);
    await refuseRevoked(c);
    await countRead(c);
    return serve(c, id, access === "read_write");
  };
}

/** A ticket is worth what its key is worth, and that may have left API_KEYS since. */
function mustHaveKey(c: AppContext): void {
  if (keyTable(c.env).entries.some(({ cred }) => cred === c.var.cred)) return;
  throw unauthorized("the key that asked for this ticket is gone; ask POST /x/tickets for a new one with a valid key");
}

async function readOnly(c: AppContext): Promise<Response> {
  const message = "this socket's ticket is read_only; send events over one opened with access read_write";
  return errorResponse(c, { status: 403, type: "permission_error", message });
}
