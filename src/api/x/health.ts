/** `/x/sessions/{id}/health`: the operator's view of one session (session/health.ts). Asking wakes the object, as any request does. */

import type { AppContext } from "../context.ts";
import { unwrap } from "../errors.ts";
import { known } from "../ids.ts";
import { sessionObject } from "../objects.ts";

export async function getHealth(c: AppContext): Promise<Response> {
  const id = known("sesn", c.req.param("id") ?? "");
  return c.json(unwrap(await sessionObject(c.env, id).getHealth(c.var.workspace)));
}
