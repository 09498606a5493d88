/** What readers and listers saw against what is there. */
import type { Connection, Dump, InsideRow, StreamItem, Walk } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { counted } from "./read.ts";
import { isAnnounced } from "./rows.ts";

type Got = Extract<StreamItem, { t: "event" }>;

const I14 = invariant("I14", "a reader gets every row after its cursor, in order, once", (dump, tally) => {
  const rows = (dump.inside?.rows ?? []).filter((row) => row.thread === 0);
  const order = dump.events.map((event) => event.id);
  for (const connection of dump.connections) {
    const listed = new Set(order);
    const got = connection.items.flatMap((item) => (item.t === "event" && !shownOnly(item, listed) ? [item] : []));
    if (dump.inside) inside(dump, rows, connection, got, tally);
    else outside(order, connection, got, tally);
  }
});

/** Not in the log and not meant to be. */
function shownOnly(item: Got, listed: ReadonlySet<string>): boolean {
  return item.event !== undefined && isAnnounced(item.event) && !listed.has(item.id);
}

function inside(dump: Dump, rows: InsideRow[], connection: Connection, got: Got[], tally: Tally): void {
  const last = got.at(-1)?.seq ?? connection.after;
  const wanted = rows.filter((row) => row.seq > connection.after && row.seq <= last);
  for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
    const [row, item] = [wanted[i], got[i]];
    const same = row !== undefined && row.seq === item?.seq && (item.id === "" || item.id === row.id);
    tally.expect(same, () => `after ${connection.after}: ${item?.seq} ${item?.id} for ${row?.seq} ${row?.id}`);
    if (!same) return;
  }
  if (connection.open && dump.quiet)
    tally.expect(last >= (rows.at(-1)?.seq ?? 0), () => `a reader at ${last} was not told of ${rows.at(-1)?.seq}`);
}

/** On the wire only, seqs of rows that this reader was not sent are unknown: what it was sent must be a stretch of the list. */
function outside(order: string[], { after }: Connection, got: Got[], tally: Tally): void {
  const at = order.indexOf(got[0]?.id ?? "");
  let seq = after;
  for (const [i, item] of got.entries()) {
    const wanted = at < 0 ? undefined : order[at + i];
    const same = item.id === wanted && item.seq > seq;
    tally.expect(same, () => `after ${after}: ${item.seq} ${item.id} for ${wanted}, after ${seq}`);
    if (!same) return;
    seq = item.seq;
  }
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
    onlyWanted(dump, walk, tally);
  }
});

/** Nothing else is on the pages, and it is in order; a client's event may have moved, from where it waited to where it was read. */
function onlyWanted(dump: Dump, walk: Walk, tally: Tally): void {
  const place = new Map(dump.events.map((event, i) => [event.id, { i, type: event.type }]));
  let last = walk.order === "asc" ? -1 : Number.POSITIVE_INFINITY;
  for (const id of walk.ids) {
    const at = place.get(id);
    const wanted = at !== undefined && (walk.types?.includes(at.type) ?? true);
    tally.expect(wanted, () => `${id} was on a page and is not of this list (${walk.types})`);
    if (!at || /^(user|system)\./.test(at.type)) continue;
    tally.expect(walk.order === "asc" ? at.i > last : at.i < last, () => `${id} was out of order (${walk.order})`);
    last = at.i;
  }
}

export const STREAMS: Invariant[] = [I14, I15, I23];
