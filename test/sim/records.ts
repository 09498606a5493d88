/** What the simulator knows beside the wire: it looks into the database without going through the session. */
import { decide } from "../../src/brain/decide.ts";
import { rowFrom } from "../../src/log/read.ts";
import { reduce } from "../../src/log/reduce.ts";
import { readSnapshot } from "../../src/log/snapshot.ts";
import { initialState, type SessionState } from "../../src/log/state.ts";
import type { SessionPatch } from "../../src/session/rpc.ts";
import type { Dump } from "../checker/dump.ts";
import type { Intent } from "./script.ts";
import { draft, type Sending } from "./sending.ts";
import type { Cost } from "./stretch.ts";
import type { World } from "./world.ts";

/** Commits from one look at what two boots would do to the next. */
const LOOK_EVERY = 7;

type Inside = NonNullable<Dump["inside"]>;

export class Records {
  readonly alarms: Inside["alarms"] = [];
  readonly costs: Inside["costs"] = [];
  readonly states: Inside["states"] = [];
  readonly boots: Inside["boots"] = [];
  readonly written: Inside["written"] = [];
  readonly updates: NonNullable<Inside["updates"]> = [];
  /** Acknowledged posts in the order of their answers. */
  readonly order: Sending[] = [];
  readonly #world: World;
  /** The clock may jump back; what was set before is not wrong for that. */
  #latest = 0;
  /** Rows by seq, as they were when last looked at. */
  readonly #known = new Map<number, unknown>();
  #snap: unknown = null;
  #commits = 0;

  constructor(world: World) {
    this.#world = world;
  }

  committed({ label, types, queued, ...counts }: Cost): void {
    // What lies in the bucket is put into the prompt anew each time.
    const warm = counts.warm && this.#world.bucket.size === 0;
    this.costs.push({ ...counts, kind: label, events: types.length + queued, warm });
    this.#look();
    const { cell, alarms } = this.#world;
    const meta = cell.sql.rows("meta")[0];
    this.#latest = Math.max(this.#latest, this.#world.now);
    // Two instances that both believe to be the session set one alarm; the platform never lets them.
    const contested = this.#world.lives.some((life) => life !== this.#world.life && !life.dead);
    // A boot that may die leaves an alarm for the next one; the timers' own is set when it has not died.
    if (this.#world.life?.booting) return;
    if (!meta || alarms.running || contested || cell.tampered) return;
    const timers = waiting(cell.sql);
    this.alarms.push({ timers, alarm: cell.alarm, status: meta.status as string, now: this.#latest });
  }

  /** A change of the session; whether it was acknowledged is what the checker asks. */
  update(patch: SessionPatch): void {
    const entry = { title: patch.title ?? "", acked: false };
    this.updates.push(entry);
    void this.#world
      .call((session) => session.update(this.#world.init.workspace, patch))
      .then((outcome) => {
        entry.acked = outcome?.ok === true;
      });
  }

  acked(one: Sending): void {
    if (one.post.acked) this.order.push(one);
  }

  /** What is new in the log since the last commit; at each new snapshot and from time to time, whether two boots would find the same. */
  #look(): void {
    const { sql } = this.#world.cell;
    const rows = sql.rows("events") as unknown as Inside["written"];
    const changed = rows.filter((row) => this.#known.get(row.seq) !== row).sort((a, b) => a.seq - b.seq);
    for (const row of changed) this.#known.set(row.seq, row);
    this.written.push(...changed);
    const snap = sql.rows("snap")[0] ?? null;
    if (snap !== this.#snap || this.#commits++ % LOOK_EVERY === 0) this.compare();
    this.#snap = snap;
  }

  /** The state from the snapshot and what follows, the state from the first row on, and what two boots would do next. */
  compare(): void {
    const { sql } = this.#world.cell;
    const rows = sql
      .rows("events")
      .map(rowFrom)
      .sort((a, b) => a.seq - b.seq);
    if (rows.length === 0) return;
    const first = initialState(this.#world.init);
    const replay = rows.reduce((state, row) => reduce(state, row), first);
    const kept = readSnapshot(sql);
    const from = kept ?? first;
    const other = rows.filter((row) => row.seq > from.seq).reduce((state, row) => reduce(state, row), from);
    if (kept) this.states.push(alike(other, replay));
    this.boots.push({ first: this.#next(other), second: this.#next(replay) });
  }

  /** Answers to the calls that the session or one of its further threads waits for, as a client learns of them from the last idle event. */
  answers(intent: Extract<Intent, { do: "answer" }>) {
    const rows = this.#world.cell.sql.rows("events");
    const idle = rows.findLast(
      ({ type, thread }) => type === "session.status_idle" || (type === "session.thread_status_idle" && thread !== 0),
    );
    const stop = (JSON.parse((idle?.body as string) ?? "{}") as { stop_reason?: { event_ids?: string[] } }).stop_reason;
    const ids = stop?.event_ids ?? [];
    const chosen = intent.order === "first" ? ids.slice(0, 1) : intent.order === "last" ? ids.slice(-1) : ids;
    return chosen.map((id) => {
      const custom = rows.find((row) => row.id === id)?.type === "agent.custom_tool_use";
      if (custom) return draft("user.custom_tool_result", { custom_tool_use_id: id }, "here");
      return draft("user.tool_confirmation", { tool_use_id: id, result: intent.allow ? "allow" : "deny" }, null);
    });
  }

  #next(state: SessionState): string {
    const live = {
      epoch: 99,
      now: this.#world.now * 1000,
      boots: { inTurn: 1, streak: 1, last: 0 },
      request: null,
      sent: new Set<string>(),
      calls: new Set<string>(),
    };
    return sorted(state.threads.map(({ thread }) => decide(state, thread, live)));
  }
}

/** When what waits is due: the timers, and by its kind what is in the outbox. */
export function waiting(sql: Pick<World["cell"]["sql"], "rows">): Record<string, number> {
  const timers = JSON.parse((sql.rows("meta")[0]?.timers as string) ?? "{}") as Record<string, number>;
  for (const { kind, due } of sql.rows("outbox")) timers[kind as string] = due as number;
  return timers;
}

/** Both as texts that are equal when they say the same; the order of their keys matters only where they differ. */
function alike(snapshot: SessionState, replay: SessionState): Inside["states"][number] {
  const [one, other] = [JSON.stringify(snapshot), JSON.stringify(replay)];
  return one === other ? { snapshot: one, replay: other } : { snapshot: sorted(snapshot), replay: sorted(replay) };
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    one && typeof one === "object" && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one as object).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
