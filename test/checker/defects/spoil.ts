import type { Dump, InsideRow, StreamItem, WireEvent } from "../dump.ts";

/** One way to spoil a good dump. */
export interface Defect {
  /** A part of the violation that it has to cause. */
  says: string;
  /** Null: this dump has nothing of the kind to spoil. */
  spoil(dump: Dump): unknown;
}

/** By invariant. */
export type Defects = Record<string, Defect[]>;

export const none = null;
export const defect = (says: string, spoil: (dump: Dump) => unknown): Defect => ({ says, spoil });

/** Takes out of a list the first thing that fits. */
export function drop<T>(list: T[] | undefined, fits: (one: T) => boolean): unknown {
  const at = list?.findIndex(fits) ?? -1;
  return at === -1 ? none : list?.splice(at, 1);
}

/** Puts a changed copy behind the first event that fits. */
export function after(dump: Dump, fits: (event: WireEvent) => boolean, more: Partial<WireEvent>): unknown {
  const at = dump.events.findIndex(fits);
  const event = dump.events[at];
  if (!event) return none;
  return dump.events.splice(at + 1, 0, { ...event, id: "sevt_spoiled", ...more });
}

export function change<T extends object>(one: T | undefined, more: Partial<T>): unknown {
  return one ? Object.assign(one, more) : none;
}

/** Replaces a row: the same object may stand in several lists. */
export function changeRow(
  rows: InsideRow[] | undefined,
  fits: (row: InsideRow) => boolean,
  more: Partial<InsideRow>,
): unknown {
  const at = rows?.findIndex(fits) ?? -1;
  return rows && at >= 0 ? rows.splice(at, 1, { ...(rows[at] as InsideRow), ...more }) : none;
}

export type Got = Extract<StreamItem, { t: "event" }>;

/** What readers got that is an event, whole. */
export const streamed = (dump: Dump): (Got & { event: WireEvent })[] =>
  dump.connections.flatMap(({ items }) =>
    items.flatMap((item) => (item.t === "event" && item.event ? [{ ...item, event: item.event }] : [])),
  );

export const first = (dump: Dump, type: string) => dump.events.find((event) => event.type === type);
