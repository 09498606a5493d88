/** What clients were told against what is there. */
import type { Connection, Dump, Post } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { counted, isIdle, stopOf } from "./read.ts";

const I4 = invariant("I4", "what was acknowledged is there once, in order; no post is taken twice", (dump, tally) => {
  const listed = counted(dump.events.map((event) => event.id));
  // A session at its budget accepts an interrupt and does not list it (spec/core.md §4.3).
  const held = dump.events.some((event) => isIdle(event) && stopOf(event) === "budget_reached");
  for (const post of dump.posts)
    for (const [i, id] of (post.acked ?? []).entries()) {
      if (held && post.events[i]?.type === "user.interrupt" && !listed.has(id)) continue;
      tally.expect(listed.get(id) === 1, () => `${id} was acknowledged and is listed ${listed.get(id) ?? 0} times`);
    }
  updated(dump, tally);
  shared(dump, tally);
  bounds(dump, tally);
  inOrder(dump, tally);
});

/** Each update sets a title of its own, so its event can be told from others; a repeated one changes nothing any more. */
function updated(dump: Dump, tally: Tally): void {
  const titles = counted(dump.events.filter((event) => event.type === "session.updated").map((event) => event.title));
  for (const { title, acked } of dump.inside?.updates ?? []) {
    const times = titles.get(title) ?? 0;
    tally.expect(times === 1 || (times === 0 && !acked), () => `the update to ${title} is there ${times} times`);
  }
}

/** Two posts with one answer: only where a retry without a key cannot be told from a repetition, and then the log says so (C2). */
function shared(dump: Dump, tally: Tally): void {
  const owners = new Map<string, Post[]>();
  for (const post of dump.posts) for (const id of post.acked ?? []) owners.set(id, [...(owners.get(id) ?? []), post]);
  const noted = (dump.inside?.rows ?? [])
    .filter((row) => row.type === "x.duplicate_suppressed")
    .map((row) => row.body)
    .join();
  for (const [id, posts] of owners) {
    if (posts.length === 1) continue;
    const honest =
      posts.every((post) => post.key === null) &&
      posts.some((post) => post.attempts > 1) &&
      (!dump.inside || noted.includes(id));
    tally.expect(honest, () => `${id} was the answer to ${posts.length} posts`);
  }
}

/** No more of a text than was sent; a post with a key counts once however often it was sent. */
function bounds(dump: Dump, tally: Tally): void {
  const most = new Map<string, number>();
  for (const post of dump.posts)
    for (const event of post.events)
      most.set(event.text, (most.get(event.text) ?? 0) + (post.key === null ? post.attempts : 1));
  const had = counted(
    dump.events.filter((event) => event.type === "user.message").map((event) => JSON.stringify(event.content)),
  );
  for (const [text, limit] of most) {
    const body = text.slice(text.indexOf("["));
    if (!text.includes("[")) continue;
    tally.expect(
      (had.get(body) ?? 0) <= limit,
      () => `${body} is there ${had.get(body)} times and was sent ${limit} times`,
    );
  }
}

function inOrder(dump: Dump, tally: Tally): void {
  const place = new Map(dump.events.map((event, i) => [event.id, i]));
  for (const cred of new Set(dump.posts.map((post) => post.cred))) {
    let last = -1;
    const seen = new Set<string>();
    for (const post of dump.posts) {
      if (post.cred !== cred || !post.acked || post.attempts > 1 || post.events[0]?.type !== "user.message") continue;
      // The same answer as an earlier post's is judged above.
      if (seen.has(post.acked[0] as string)) continue;
      seen.add(post.acked[0] as string);
      const at = place.get(post.acked[0] as string) ?? last;
      tally.expect(at >= last, () => `${post.acked?.[0]} was acknowledged later and is listed earlier`);
      last = at;
    }
  }
}

const I14 = invariant("I14", "a reader gets every row after its cursor, in order, once", (dump, tally) => {
  const rows = (dump.inside?.rows ?? []).filter((row) => row.thread === 0);
  const order = dump.events.map((event) => event.id);
  for (const connection of dump.connections) {
    const got = connection.items.flatMap((item) => (item.t === "event" ? [item] : []));
    const last = got.at(-1)?.seq ?? connection.after;
    // On the wire only, seqs of rows that this reader was not sent are unknown: what it was sent must be a stretch of the list.
    const at = order.indexOf(got[0]?.id ?? "");
    const wanted = dump.inside
      ? rows.filter((row) => row.seq > connection.after && row.seq <= last).map((row) => row.id)
      : order.slice(at, at + got.length);
    const ids = got.map((item) => item.id);
    // The end of an archived session is shown to live readers and not stored (spec/core.md §4.9).
    const shown = ids.filter((id) => id === "" || wanted.includes(id) || order.includes(id));
    tally.expect(
      JSON.stringify(shown.map((id, i) => id || wanted[i])) === JSON.stringify(wanted),
      () => `after ${connection.after}: ${missing(wanted, ids)}`,
    );
    if (connection.open && dump.quiet && dump.inside)
      tally.expect(last >= (rows.at(-1)?.seq ?? 0), () => `a reader at ${last} was not told of ${rows.at(-1)?.seq}`);
  }
});

function missing(wanted: string[], got: string[]): string {
  const lost = wanted.filter((id) => !got.includes(id));
  return lost.length > 0 ? `lost ${lost.join(", ")}` : `got ${got.length} events for ${wanted.length}`;
}

const I15 = invariant("I15", "what was previewed is the beginning of what was stored", (dump, tally) => {
  const stored = new Map(dump.events.map((event) => [event.id, (event.content ?? []) as { text?: string }[]]));
  for (const connection of dump.connections) previewed(connection, stored, tally);
});

function previewed(connection: Connection, stored: Map<string, { text?: string }[]>, tally: Tally): void {
  const started = new Set<string>();
  const ended = new Set<string>();
  const texts = new Map<string, string[]>();
  for (const item of connection.items) {
    if (item.t === "event") ended.add(item.id);
    else tally.expect(!ended.has(item.id), () => `a preview of ${item.id} after the event itself`);
    if (item.t === "start") {
      tally.expect(!started.has(item.id), () => `${item.id} was announced twice`);
      started.add(item.id);
    }
    if (item.t !== "delta") continue;
    tally.expect(started.has(item.id), () => `a piece of ${item.id}, which was not announced`);
    const parts = texts.get(item.id) ?? [];
    parts[item.index] = (parts[item.index] ?? "") + item.text;
    texts.set(item.id, parts);
  }
  for (const [id, parts] of texts) {
    const content = stored.get(id);
    if (content)
      for (const [i, part] of parts.entries())
        tally.expect(
          (content[i]?.text ?? "").startsWith(part ?? ""),
          () => `what was previewed of ${id} is not how it begins`,
        );
  }
}

const I23 = invariant("I23", "the pages of a list have everything once", (dump, tally) => {
  for (const walk of dump.walks) {
    for (const [id, times] of counted(walk.ids))
      tally.expect(times === 1, () => `${id} was on ${times} pages (${walk.order})`);
    for (const id of walk.before)
      tally.expect(walk.ids.includes(id), () => `${id} was on no page (${walk.order}, ${walk.types})`);
  }
});

export const CLIENTS: Invariant[] = [I4, I14, I15, I23];
