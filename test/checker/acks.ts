/** What clients were told of their posts against what is there. */
import type { Dump, Post } from "./dump.ts";
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
  if (dump.quiet) stamped(dump, tally);
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
    const [first] = posts as [Post, ...Post[]];
    const honest =
      posts.every((post) => post.key === null && post.cred === first.cred) &&
      posts.every((post) => JSON.stringify(post.events) === JSON.stringify(first.events)) &&
      posts.some((post) => post.attempts > 1) &&
      (!dump.inside || noted.includes(id));
    tally.expect(honest, () => `${id} was the answer to ${posts.length} posts`);
  }
}

/** No more of a text than was sent; a post with a key counts once however often it was sent, one that was refused at once never. */
function bounds(dump: Dump, tally: Tally): void {
  const most = new Map<string, number>();
  const times = (post: Post) => {
    if (post.refused && post.attempts === 1) return 0;
    return post.key === null ? post.attempts : 1;
  };
  for (const post of dump.posts)
    for (const event of post.events) most.set(event.text, (most.get(event.text) ?? 0) + times(post));
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

/** Posts come in the order of their answers: what a client was told of first is listed first. */
function inOrder(dump: Dump, tally: Tally): void {
  const place = new Map(dump.events.map((event, i) => [event.id, i]));
  for (const cred of new Set(dump.posts.map((post) => post.cred))) {
    const seen = new Set<string>();
    let last = -1;
    for (const id of messagesOf(dump.posts.filter((post) => post.cred === cred))) {
      // The same answer as an earlier post's is judged above; so is one that is not there.
      const at = place.get(id);
      if (seen.has(id) || at === undefined) continue;
      if (seen.size > 0) tally.expect(at > last, () => `${id} was acknowledged later and is listed earlier`);
      seen.add(id);
      last = at;
    }
  }
}

function messagesOf(posts: Post[]): string[] {
  return posts.flatMap((post) => (post.acked ?? []).filter((_, i) => post.events[i]?.type === "user.message"));
}

/** In a session that has ended its turn or is over no message waits any more. One that waits for a person or for money keeps it. */
function stamped(dump: Dump, tally: Tally): void {
  const idle = dump.events.findLast(isIdle);
  const waits = idle && ["requires_action", "budget_reached"].includes(stopOf(idle));
  const over = dump.status === "terminated";
  if (!over && (dump.status !== "idle" || waits)) return;
  const acked = new Set(messagesOf(dump.posts));
  for (const event of dump.events)
    if (acked.has(event.id))
      tally.expect(typeof event.processed_at === "string", () => `${event.id} waits in a session that is at rest`);
}

export const ACKS: Invariant[] = [I4];
