/** What happens when a method is called: whether it works, or is refused as one that is not there yet. Anything else is a failure. */
import { APIError } from "@anthropic-ai/sdk";
import type { Call } from "./present.ts";
import type { Scene } from "./scene.ts";

/** How the Worker names what it does not have (api/v1/not-implemented.ts, protocol/unsupported.ts). */
const LATER = /this version of Sinew (does not have .* yet|.*not supported)|not supported by this version of Sinew yet/;

/** True: it works. False: it is refused by name, and the SDK tried once. Throws on every other end. */
export async function works(call: Call, scene: Scene): Promise<boolean> {
  try {
    await call(scene);
    return true;
  } catch (error) {
    if (error instanceof APIError && LATER.test(error.apiMessage ?? "")) return false;
    throw error;
  }
}

/** The last request of a method, ids masked: `POST /v1/agents/{id}`. */
export function shape(method: string, path: string): string {
  return `${method} ${path.replace(/\/[a-z]+_\d[0-9A-Za-z]*(?=\/|$)/g, "/{id}").replace(/\/1(?=\/|$)/, "/{version}")}`;
}
