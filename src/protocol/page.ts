/** Pages of a list (spec/core.md §1.8). What a cursor means belongs to the api. */
import { z } from "zod";

/** The envelope of every list: `next_page` is null on the last page, never absent. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), next_page: z.string().nullable() });
}

/** The envelope of the sessions list alone, which goes both ways. */
export function pageBothWays<T extends z.ZodType>(item: T) {
  return page(item).extend({ prev_page: z.string().nullable() });
}

/** The envelope of the models list, which pages by id. */
export function pageById<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    has_more: z.boolean(),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
  });
}
