/** Which posts are repeats of one that was accepted (reliability.md C2). */
import { expect, test } from "vitest";
import { Log } from "../../src/log/log.ts";
import { remember, repeated } from "../../src/session/idempotency.ts";
import type { Sender } from "../../src/session/rpc.ts";
import { nodeSql } from "../support/node-sql.ts";

const sender = (more: Partial<Sender> = {}): Sender => ({ cred: "a", key: null, digest: "d", retry: 0, ...more });

/** A log that has accepted a post at one second past the epoch. */
function after(accepted: Sender): (later: Sender, nowMs?: number) => unknown {
  const log = new Log(nodeSql(), { setAlarm: () => {} });
  log.create({});
  const b = log.begin(1_000_000);
  remember(b, accepted, [{ id: "sevt_1", ts: 7 }]);
  log.commit(b);
  return (later, nowMs = 2_000) => {
    const known = repeated(log, later, nowMs);
    return known && "echo" in known ? known.echo : (known?.status ?? null);
  };
}

const ECHO = [{ id: "sevt_1", ts: 7 }];

test("without a key a retry is a repeat of the last post: equal, by the same credential, counted higher, within 20 s", () => {
  const ask = after(sender());
  expect(ask(sender({ retry: 1 }))).toEqual(ECHO);
  expect(ask(sender({ retry: 1 }), 21_000)).toEqual(ECHO);
  expect(ask(sender({ retry: 1 }), 21_001)).toBe(null);
  expect(ask(sender())).toBe(null);
  expect(ask(sender({ retry: 1, digest: "other" }))).toBe(null);
  expect(ask(sender({ retry: 1, cred: "b" }))).toBe(null);
  expect(after(sender({ retry: 1 }))(sender({ retry: 1 }))).toBe(null);
});

test("with a key a post is a repeat however late, and another post under the same key is refused", () => {
  const ask = after(sender({ key: "k" }));
  expect(ask(sender({ key: "k" }), 3_600_000)).toEqual(ECHO);
  expect(ask(sender({ key: "k", digest: "other" }))).toBe(400);
  expect(ask(sender({ key: "other" }))).toBe(null);
  expect(ask(sender({ key: "k", cred: "b" }))).toBe(null);
  // A retry without the key is another client's.
  expect(ask(sender({ retry: 1 }))).toBe(null);
});
