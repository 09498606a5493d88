/** Sessions with several threads: each thread's list is judged as if it were a session of its own, and the session's status against all of them. */
import { createHash } from "node:crypto";
import type { Dump, InsideRow, ThreadDump, WireEvent } from "./dump.ts";
import { isStart, isUse } from "./read.ts";

/** Invariants of one conversation: calls, requests, prompts, turns. The others look at the whole log. */
export const OF_ONE_THREAD: readonly string[] = [
  "I2",
  "I3",
  "I5",
  "I6",
  "I9",
  "I10",
  "I12",
  "I16",
  "I17",
  "I20",
  "I22",
];

/** The dump as each of its threads is judged by: its own events, requests and calls, with its own status events for those of a session. */
export function threadViews(dump: Dump): Dump[] {
  const threads = dump.threads ?? [];
  const stops = dump.events.filter(({ type }) => type === "user.interrupt").length;
  return threads.map((one) => {
    const events = ownEvents(one, threads).map((event) => asSessions(event, one));
    const rows = (dump.inside?.rows ?? []).filter((row) => belongs(row, one));
    const shas = new Set(rows.filter(isStart).map((row) => (JSON.parse(row.note ?? "{}") as { sha?: string }).sha));
    const uses = new Set(events.filter(isUse).map(({ id }) => id));
    return {
      ...dump,
      events,
      // A session that is archived is over, and its primary thread reads idle.
      status: one.thread === 0 ? dump.status : one.status,
      bodies: dump.bodies.filter(({ text }) => shas.has(createHash("sha256").update(text).digest("hex"))),
      hand: dump.hand.filter(({ key }) => uses.has(key.slice(key.lastIndexOf("/") + 1))),
      // An interrupt of all threads stands in the primary one's list alone.
      crashes: dump.crashes + stops,
      usage: one.usage,
      ...(dump.inside ? { inside: { ...dump.inside, rows, all: dump.inside.rows } } : {}),
    };
  });
}

/** Without the copies of other threads' events, which name their thread. */
function ownEvents({ id, thread, events }: ThreadDump, all: readonly ThreadDump[]): WireEvent[] {
  if (thread !== 0) return events;
  const others = new Set(all.map((one) => one.id).filter((other) => other !== id));
  return events.filter((event) => !others.has(event.session_thread_id as string));
}

/** A thread's own status says of it what the session's says of a session that has but one. */
function asSessions(event: WireEvent, { thread }: ThreadDump): WireEvent {
  const { type } = event;
  if (type.startsWith("session.thread_status_")) return { ...event, type: type.replace("thread_status", "status") };
  const ofAll = /^session\.status_(running|idle|rescheduled)$/.test(type) || (thread !== 0 && type === "session.usage");
  return ofAll ? { ...event, type: "session.of_all_threads" } : event;
}

function belongs(row: InsideRow, { thread }: ThreadDump): boolean {
  if (row.thread !== -1) return row.thread === thread;
  const body = JSON.parse(row.body) as { thread?: number };
  return row.type !== "x.prefix_changed" || (body.thread ?? 0) === thread;
}

/** The session is idle when no thread works, and running when one does (spec/core.md §11). */
export function rollUpViolations({ inside }: Dump): string[] {
  const wrong: string[] = [];
  const is = new Map<string, string>();
  const rows = inside?.rows ?? [];
  for (const [i, row] of rows.entries()) {
    const status = /^session\.thread_status_(\w+)$/.exec(row.type)?.[1];
    if (status) is.set((JSON.parse(row.body) as { session_thread_id: string }).session_thread_id, status);
    const working = [...is.values()].some((one) => one === "running" || one === "rescheduled");
    if (row.type === "session.status_idle" && working) wrong.push(`${row.id} says idle while a thread works`);
    const next = rows.slice(i + 1).find(({ thread }) => thread !== -1);
    if (row.type === "session.status_running" && next?.type !== "session.thread_status_running")
      wrong.push(`${row.id} says running, and no thread begins`);
  }
  return wrong;
}
