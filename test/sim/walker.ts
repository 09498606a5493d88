/** A client that pages through the list while it grows. */
import type { ListQuery } from "../../src/session/rpc.ts";
import type { Walk, WireEvent } from "../checker/dump.ts";
import type { World } from "./world.ts";

export class Walker {
  readonly walks: Walk[] = [];
  readonly earlier: WireEvent[][] = [];
  #walk: Walk | null = null;
  #query: ListQuery | null = null;
  #events: WireEvent[] = [];
  #waits = false;

  get busy(): boolean {
    return this.#walk !== null && !this.#waits;
  }

  begin(world: World, want: { order: "asc" | "desc"; types: string[] | null; limit: number }): void {
    const { sql } = world.cell;
    const listed = [...sql.rows("events").filter((row) => row.thread === 0), ...sql.rows("inbox")];
    const before = listed
      .filter((row) => want.types?.includes(row.type as string) ?? true)
      .map((row) => row.id as string);
    this.#walk = { order: want.order, types: want.types, ids: [], before };
    this.#query = { order: want.order, limit: want.limit, page: null, types: want.types };
    this.#events = [];
  }

  /** Reads the next page; a lost answer is asked for again. */
  async step(world: World): Promise<void> {
    const walk = this.#walk;
    const query = this.#query;
    if (!walk || !query) return;
    this.#waits = true;
    const reply = await world.call((session) => session.getEvents(world.init.workspace, null, query));
    this.#waits = false;
    if (reply === null || this.#walk !== walk) return;
    if (!reply.ok) {
      this.#walk = null;
      return;
    }
    const page = JSON.parse(reply.value as string) as { data: WireEvent[]; next_page: string | null };
    walk.ids.push(...page.data.map((event) => event.id));
    this.#events.push(...page.data);
    this.#query = { ...query, page: page.next_page };
    if (page.next_page !== null) return;
    this.walks.push(walk);
    if (walk.order === "asc" && walk.types === null) this.earlier.push(this.#events);
    this.#walk = null;
  }
}
