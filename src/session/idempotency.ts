import type { Batch, PostRecord } from "../log/batch.ts";
import type { Log } from "../log/log.ts";
import { ApiError, invalid, type WireError } from "../protocol/errors.ts";
import type { Accepted } from "./accept/draft.ts";
import { mustTakeEvents } from "./refusals.ts";
import type { Sender, SessionInit } from "./rpc.ts";

/** How long a repeated POST without a key counts as a retry of the last one (reliability.md C2). */
const RETRY_WINDOW_MS = 20_000;

/**
 * What a POST was taken as, whether now or the first time: a repeat is answered with that whatever has become of the session since. Throws
 * `ApiError`.
 */
export function once(log: Log<SessionInit>, sender: Sender, take: () => Accepted[]): PostRecord["echo"] {
  const now = Date.now();
  const known = repeated(log, sender, now);
  if (known && !("echo" in known)) throw new ApiError(known);
  if (known) {
    suppressed(log, known, now * 1000);
    return known.echo;
  }
  mustTakeEvents(log.state);
  return take();
}

/**
 * Whether this POST repeats one that was accepted: exactly, by its `Idempotency-Key`; without one, if it is a retry of this credential's last
 * accepted POST (equal digest, lower retry count, at most 20 s ago). A digest remembered for longer would swallow a second, equal message.
 */
export function repeated(log: Pick<Log, "post">, sender: Sender, nowMs: number): PostRecord | WireError | null {
  if (sender.key !== null) {
    const known = log.post(keyOf(sender));
    if (known && known.digest !== sender.digest) {
      return invalid("Idempotency-Key: this key was used for another request; use a new key for a new request");
    }
    return known;
  }
  const last = log.post(credOf(sender));
  const retry =
    last && sender.retry > last.retry && last.digest === sender.digest && nowMs - last.at <= RETRY_WINDOW_MS;
  return retry ? last : null;
}

/** Writes down that a POST was not taken again. */
export function suppressed(log: Pick<Log, "begin" | "commit">, known: PostRecord, now: number): void {
  const b = log.begin(now);
  b.addInternal("x.duplicate_suppressed", { ids: known.echo.map((one) => one.id) });
  log.commit(b);
}

/** Remembers an accepted POST, in the commit that accepts it. */
export function remember(b: Batch, sender: Sender, echo: Accepted[]): void {
  const at = Math.floor(b.now / 1000);
  const record = { digest: sender.digest, retry: sender.retry, at, echo: echo.map(({ id, ts }) => ({ id, ts })) };
  // A client sends all attempts of a POST with a key or all without: one with a key is never what a keyless retry repeats.
  b.posts.push({ ...record, key: credOf(sender), digest: sender.key === null ? sender.digest : "" });
  if (sender.key !== null) b.posts.push({ ...record, key: keyOf(sender) });
}

function credOf(sender: Sender): string {
  return `cred:${sender.cred}`;
}

function keyOf(sender: Sender): string {
  return `key:${sender.cred}:${sender.key}`;
}
