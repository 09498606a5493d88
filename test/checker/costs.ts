/** What is spent: tokens and money of requests, rows of commits. */
import type { Dump, Limit } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { isEnd, stored } from "./read.ts";

/** Rows that a commit writes beside its events: `meta` and the snapshot; of a post, two that remember it. */
const BESIDE = 2;
const REMEMBERED = 2;
/** Rows of the outbox that a commit may change: a deletion takes what waits out and puts itself in. */
const TOLD = 2;
/** A turn that is sealed at a boot puts the snapshot back as it was. */
const PUT_BACK = 2;
const BESIDE_KIND: Record<string, number> = {
  "commit.post": REMEMBERED,
  "commit.failure": PUT_BACK,
  "commit.result": PUT_BACK,
};
/** Rows that an instance which has made its prompt reads for a commit beside those that it writes: the epoch, what a call was given. */
const READ = 12;

const I20 = invariant("I20", "usage is the sum of the requests; none begins above the cap", (dump, tally) => {
  const ends = stored(dump).filter(isEnd);
  if (ends.length === 0) return;
  capped(dump, tally);
  for (const field of ["input_tokens", "output_tokens", "cache_read_input_tokens"]) {
    const sum = ends.reduce((total, event) => total + ((event.model_usage as Record<string, number>)[field] ?? 0), 0);
    tally.expect(
      (dump.usage[field] ?? 0) === sum,
      () => `${field} is ${dump.usage[field]}, the requests add up to ${sum}`,
    );
  }
});

/** A cent and a US dollar in the log's own units. */
const UNITS_PER_CENT = 100_000_000;

/** No request begins when what the requests before it cost, without the runtime, has reached the cap that holds then. */
function capped(dump: Dump, tally: Tally): void {
  let cap = dump.inside?.budget ?? null;
  let cost = 0;
  // One budget for all threads (spec/core.md §4.11).
  for (const row of dump.inside?.all ?? dump.inside?.rows ?? []) {
    const note = JSON.parse(row.note ?? "{}") as { budget?: Limit | null; usage?: { cost: number } };
    if (row.type === "session.updated" && note.budget !== undefined) cap = note.budget;
    if (row.type === "span.model_request_end") cost += note.usage?.cost ?? 0;
    if (row.type !== "span.model_request_start" || cap === null) continue;
    const limit = Number(cap.max_list_cost.amount) * UNITS_PER_CENT;
    tally.expect(cost < limit, () => `${row.id} begins at a cost of ${cost}, the cap is ${limit}`);
  }
}

const I21 = invariant("I21", "a commit writes its rows and little more", (dump, tally) => {
  // A snapshot has a row of its own for each further thread, written once more where it is put back; each thread's loop reads what its prompt needs.
  const further = Math.max(0, (dump.threads?.length ?? 1) - 1);
  for (const { kind, warm, commits, events, consumed, told, written, read } of dump.inside?.costs ?? []) {
    if (kind === "commit.create" || kind === "commit.erase") continue;
    // One that waited is put in its place and taken out of the inbox.
    const rows = events + consumed + Math.min(told, TOLD * Math.max(1, commits));
    const most = rows + (BESIDE + further) * Math.max(1, commits) + (BESIDE_KIND[kind] ?? 0) + 2 * further;
    tally.expect(written <= most, () => `${kind} wrote ${written} rows for ${events} events`);
    // What the storage refused has read for a prompt all that came since the last one.
    if (warm && further === 0 && commits > 0)
      tally.expect(read <= rows + READ, () => `${kind} read ${read} rows for ${events} events`);
  }
});

export const COSTS: Invariant[] = [I20, I21];
