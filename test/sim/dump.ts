/** What a schedule leaves for the checker. */
import type { Dump, InsideRow, WireEvent } from "../checker/dump.ts";
import { tellable } from "./bindings.ts";
import type { Reader } from "./reader.ts";
import { type Records, waiting } from "./records.ts";
import type { Sending } from "./sending.ts";
import type { Walker } from "./walker.ts";
import type { World } from "./world.ts";

export async function takeDump(
  world: World,
  records: Records,
  reader: Reader,
  walker: Walker,
  sendings: Sending[],
  rest: { quiet: boolean; restedAfter: number },
): Promise<Dump> {
  const { sql } = world.cell;
  const events = (await world.through(list(world))) ?? [];
  const seen = await world.through(world.call((session) => session.getSession(world.init.workspace)));
  const session = (seen?.ok ? seen.value : {}) as { status?: string; usage?: Record<string, number> };
  records.compare();
  const acked = records.order.filter((one) => one.post.acked).map((one) => one.post);
  const others = sendings.map((one) => one.post).filter((post) => !acked.includes(post));
  return {
    session: world.init.id,
    selfHosted: false,
    events,
    earlier: walker.earlier,
    status: session.status ?? "",
    bodies: world.model.bodies,
    hand: [...world.hand.entries.values()].map(({ state: _, waiters: __, ...entry }) => entry),
    machines: { ...world.hand.machines, referenced: referenced(world) },
    posts: [...acked, ...others],
    connections: reader.connections,
    walks: walker.walks,
    crashes: world.crashes,
    ...rest,
    usage: session.usage ?? {},
    inside: {
      rows: (sql.rows("events") as unknown as InsideRow[]).toSorted((a, b) => a.seq - b.seq),
      written: records.written,
      inbox: sql.rows("inbox").length,
      timers: Object.keys(waiting(sql)),
      alarms: records.alarms,
      states: records.states,
      boots: records.boots,
      catalog: { told: world.catalog.told, is: tellable(session) },
      costs: records.costs,
      updates: records.updates,
      budget: world.init.budget ?? null,
    },
  };
}

async function list(world: World): Promise<WireEvent[]> {
  const query = { order: "asc" as const, limit: 1000, page: null, types: null };
  const reply = await world.call((session) => session.getEvents(world.init.workspace, null, query));
  return reply?.ok ? (JSON.parse(reply.value as string) as { data: WireEvent[] }).data : [];
}

/** Machines that the log speaks of: the one that was asked for. */
function referenced({ cell: { sql } }: World): number {
  return sql.rows("events").some(({ type }) => type === "x.provision" || type === "x.dispatch") ? 1 : 0;
}
