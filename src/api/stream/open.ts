/** What a stream and a socket have in common on their way in: what they may ask for, and a subscription that ends with the caller's key. */
import { watchKey } from "../../catalog/revocations.ts";
import { ApiError, invalid } from "../../protocol/errors.ts";
import { DELTA_TYPES, MAX_EVENT_DELTAS } from "../../protocol/events.ts";
import { REVOKED } from "../../services/admission.ts";
import type { AppContext } from "../context.ts";
import { sessionObject } from "../platform.ts";
import { Subscription, type SubscriptionOptions } from "./subscription.ts";

/** Characters of a name that a message repeats. */
const QUOTED_CHARS = 80;

/** Subscribes for the caller. Throws as `Subscription.open` does; once the key is revoked, the subscription ends with the 401 that a request gets. */
export async function openSubscription(
  c: AppContext,
  sessionId: string,
  want: Pick<SubscriptionOptions, "thread" | "after" | "deltas">,
): Promise<Subscription> {
  const { workspace, cred } = c.var;
  const subscription = await Subscription.open({ stub: () => sessionObject(c.env, sessionId), workspace, ...want });
  const leave = watchKey(c.env.DB, { workspace, cred }, () => subscription.close(new ApiError(REVOKED)));
  void subscription.ended.then(leave);
  return subscription;
}

/** 400 for a parameter that the stream or socket does not have. */
export function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ApiError(invalid(`${unknown.slice(0, QUOTED_CHARS)}: unknown key; remove it`));
}

/** Where to go on from, if the client asks for it; the hosted API has no replay. `Last-Event-ID` is newer than the URL it comes with. */
export function resumeSeq(headers: Headers, query: URLSearchParams): number | null {
  const header = headers.get("last-event-id") || null;
  const text = header ?? query.get("after");
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(
    invalid(
      `${header === null ? "after" : "last-event-id"}: must be the id of a received event, a whole number from 0`,
    ),
  );
}

/** Types whose previews are wanted, each once. */
export function eventDeltas(query: URLSearchParams): string[] {
  const values = [...query.getAll("event_deltas[]"), ...query.getAll("event_deltas")];
  if (values.length > MAX_EVENT_DELTAS) {
    throw new ApiError(invalid(`event_deltas: must have at most ${MAX_EVENT_DELTAS} values, has ${values.length}`));
  }
  for (const value of values) {
    if (DELTA_TYPES.some((type) => type === value)) continue;
    throw new ApiError(
      invalid(`event_deltas: must be ${DELTA_TYPES.join(" or ")}, is ${JSON.stringify(value.slice(0, 80))}`),
    );
  }
  return [...new Set(values)];
}
