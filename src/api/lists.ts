/** A page of the catalog as the wire shows it. */
import type { Page, Slice } from "../catalog/keyset.ts";
import { micros } from "../catalog/sessions.ts";
import { encodeCursor, type ListName } from "./cursor.ts";

interface Listed {
  id: string;
  created_at: string;
}

/** `{data, next_page}`, the key always present (spec/core.md §1.8). */
export function forward<T extends Listed>(
  list: ListName,
  slice: Slice,
  page: Page<T>,
): { data: T[]; next_page: string | null } {
  const last = page.items.at(-1);
  return { data: page.items, next_page: page.more && last ? cursorAt(list, slice, last, false) : null };
}

/** The sessions list alone also has `prev_page`, null on the first page. A page read backwards always has a next one: where it came from. */
export function bothWays<T extends Listed>(
  list: ListName,
  slice: Slice,
  page: Page<T>,
): { data: T[]; next_page: string | null; prev_page: string | null } {
  const [first, last] = [page.items[0], page.items.at(-1)];
  const back = slice.from?.back === true;
  const next = back ? last : page.more && last;
  const prev = back ? page.more && first : slice.from && first;
  return {
    data: page.items,
    next_page: next ? cursorAt(list, slice, next, false) : null,
    prev_page: prev ? cursorAt(list, slice, prev, true) : null,
  };
}

function cursorAt(list: ListName, slice: Slice, item: Listed, back: boolean): string {
  return encodeCursor(list, slice.order, { t: micros(item.created_at), id: item.id, back });
}
