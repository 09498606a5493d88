/** The bodies that reached the model server. */
import { createHash } from "node:crypto";
import type { Dump, InsideRow } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { refusal } from "./messages.ts";
import { counted, isEnd, isStart, rowsOf, stored } from "./read.ts";

/** A request that left, and the intent that names its bytes: the first one, where several attempts do. Its seq is unknown from outside. */
interface Sent {
  text: string;
  seq: number | null;
}

const I9 = invariant("I9", "a prompt begins with the one before it, and is what was intended", (dump, tally) => {
  const changes = (rowsOf(dump, "x.prefix_changed") ?? []).map((row) => row.seq);
  const sent = intended(dump, tally);
  for (const [i, { text, seq }] of sent.entries()) {
    const before = sent[i - 1];
    const since = seq === null ? [] : changes.filter((change) => change < seq);
    // What has been changed once is never sent as if it had not been (spec/messages.md §5).
    if (since.length > 0)
      tally.expect(text.includes('"prefix_mismatch_behavior":"drop_block"'), () => `request ${i + 1} binds its prefix`);
    if (!before || since.some((change) => change > (before.seq ?? 0))) continue;
    tally.expect(
      marked(text).startsWith(settledHead(marked(before.text))),
      () => `the request of intent ${i + 1} does not begin with the one before it`,
    );
  }
  retried(dump, tally);
});

/**
 * The requests in the order of their intents: one that an instance sent which had been replaced meanwhile may arrive after its successor's
 * (reliability.md C25). From outside only the order of arrival is known.
 */
function intended(dump: Dump, tally: Tally): Sent[] {
  const starts = rowsOf(dump, "span.model_request_start");
  const texts = dump.bodies.map((body) => body.text);
  if (!starts) return texts.map((text) => ({ text, seq: null }));
  const sent = texts.map((text, i) => {
    const intent = starts.find((row) => row.note?.includes(shaOf(text)));
    tally.expect(intent !== undefined, () => `request ${i + 1} left with bytes that no intent names`);
    const length = measured(intent).length;
    tally.expect(
      length === undefined || length === Buffer.byteLength(text),
      () => `request ${i + 1} is not ${length} long`,
    );
    return { text, seq: intent?.seq ?? 0 };
  });
  return sent.toSorted((a, b) => a.seq - b.seq);
}

const shaOf = (text: string) => createHash("sha256").update(text).digest("hex");
const measured = (row: InsideRow | undefined) =>
  JSON.parse(row?.note ?? "{}") as { attempt?: number; sha?: string; length?: number };

/** The next attempt of a request is the same bytes, unless the log says that what went before was changed. */
function retried(dump: Dump, tally: Tally): void {
  let last: string | undefined;
  let changed = false;
  for (const row of dump.inside?.rows ?? []) {
    if (row.type === "x.prefix_changed") {
      changed = true;
      // Written down so that it is seen, and never meant (reliability.md §5.6).
      tally.expect(!row.body.includes('"reason":"bytes"'), () => `${row.id} says that a retry sends other bytes`);
    }
    if (!isStart(row)) continue;
    const { attempt = 1, sha } = measured(row);
    if (attempt > 1 && !changed) tally.expect(sha === last, () => `attempt ${attempt}, ${row.id}, sends other bytes`);
    [last, changed] = [sha, false];
  }
}

/**
 * As much of a request as later ones must begin with. A system turn must be last, so one that no response has followed moves behind what is
 * said next (spec/messages.md §6).
 */
function settledHead(text: string): string {
  const system = text.indexOf('{"role":"system"', Math.max(0, text.lastIndexOf('{"role":"assistant"')));
  return text.slice(0, system === -1 ? text.lastIndexOf('],"diagnostics"') : system);
}

/** Breakpoints move from request to request and are no part of the history. */
function marked(text: string): string {
  return text.replaceAll(/,?"cache_control":\{"type":"ephemeral"\}/g, "");
}

const I10 = invariant("I10", "every request is one that the Messages API accepts", (dump, tally) => {
  for (const [i, body] of dump.bodies.entries()) {
    const paused = dump.bodies.slice(0, i).some((one) => one.stop === "pause_turn");
    const wrong = refusal(body.text, paused);
    tally.expect(wrong === null, () => `request ${i + 1}: ${wrong}`);
  }
});

const I16 = invariant("I16", "a request is repeated only for a crash or a failure", (dump, tally) => {
  const events = stored(dump);
  const answered = events.filter((event) => isEnd(event) && event.is_error === false).length;
  const failed = dump.bodies.filter((body) => body.answer === "refused" || body.answer === "broken").length;
  const stopped = events.filter((event) => event.type === "user.interrupt").length;
  const most = answered + failed + stopped + dump.crashes + 1;
  if (dump.bodies.length > 0)
    tally.expect(
      dump.bodies.length <= most,
      () => `${dump.bodies.length} requests left, at most ${most} are explained`,
    );
  spent(dump, tally);
});

/** A request leaves once for each intent, whoever sends it. */
function spent(dump: Dump, tally: Tally): void {
  const intents = rowsOf(dump, "span.model_request_start");
  if (!intents) return;
  const meant = counted(intents.map((row) => measured(row).sha ?? ""));
  for (const [sha, times] of counted(dump.bodies.map(({ text }) => shaOf(text))))
    tally.expect(times <= (meant.get(sha) ?? 0), () => `${times} requests left for ${meant.get(sha) ?? 0} intents`);
}

export const PROMPTS: Invariant[] = [I9, I10, I16];
