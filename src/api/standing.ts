/** An open stream or socket ends with its key. */
import type { ApiError } from "../protocol/errors.ts";
import { admitCaller } from "../services/admission.ts";
import type { AppContext } from "./context.ts";
import { callerOf, platformOf } from "./platform.ts";
import type { Feed } from "./stream/subscription.ts";

const LOOK_MS = 2_000;

/** Looks every LOOK_MS whether the key still counts. */
export function closeWhenRevoked(c: AppContext, feed: Pick<Feed, "close" | "ended">): void {
  const platform = { ...platformOf(c), later: (work: Promise<unknown>) => void work };
  const caller = callerOf(c);
  const look = () => admitCaller(platform, caller, "current").catch((error: ApiError) => feed.close(error));
  const timer = setInterval(() => void look(), LOOK_MS);
  void feed.ended.then(() => clearInterval(timer));
}
