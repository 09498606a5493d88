/** A ticket in place of a key, for the routes that take one: a browser cannot send the headers of authentication, version and beta there either. */
import type { Handler, MiddlewareHandler } from "hono";
import { parseId } from "../../protocol/ids.ts";
import { admitCaller } from "../../services/admission.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { callerOf, platformOf } from "../platform.ts";
import { spendTicket } from "../x/tickets.ts";
import { idOfWorkspace, unauthorized } from "./auth.ts";
import { checkOrigin } from "./cors.ts";
import { keyTable } from "./keys.ts";
import { countRead } from "./rate-limit.ts";

/** Stands before the gate. Without `?ticket=` a request goes on as any other; with one it is served at once, or refused with 401. */
export function takesTicket(serve: Handler<AppEnv>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const ticket = new URL(c.req.url).searchParams.get("ticket");
    if (ticket === null) return next();
    const id = parseId("sesn", c.req.param("session_id") ?? "");
    // A page that may not come in should not spend the ticket of one that may.
    checkOrigin(c);
    const { workspace, cred, access } = await spendTicket(c, ticket, id);
    c.set("workspace", workspace);
    c.set("workspaceId", idOfWorkspace(workspace));
    c.set("cred", cred);
    c.set("ticket", access);
    mustHaveKey(c);
    await admitCaller(platformOf(c), callerOf(c), "current");
    await countRead(c);
    return serve(c, next);
  };
}

/** A ticket is worth what its key is worth, and that may have left API_KEYS since. */
function mustHaveKey(c: AppContext): void {
  if (keyTable(c.env).entries.some(({ cred }) => cred === c.var.cred)) return;
  throw unauthorized("the key that asked for this ticket is gone; ask POST /x/tickets for a new one with a valid key");
}
