/** What a run counted, and the table of it. */
import type { Dump } from "../checker/dump.ts";
import { isUnknown } from "./marks.ts";
import { KINDS, type Kind } from "./target.ts";

/** Invariants that can be seen from outside (reliability.md §3.4). */
export const OUTSIDE = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 20, 22, 23].map((n) => `I${n}`);

export class Tally {
  readonly kills = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  rounds = { progress: 0, none: 0 };
  sessions = 0;
  posts = { sent: 0, attempts: 0, acked: 0, unanswered: 0 };
  events = { acked: 0, listed: 0, lost: 0, doubled: 0, merged: 0 };
  frames = { received: 0, connections: 0 };
  requests = { sent: 0, repeated: 0 };
  tools = { calls: 0, bodies: 0, most: 0, unknown: 0 };
  turns = { ended: 0, exhausted: 0 };
  /** Milliseconds from listening to a session's next model request: readers came back at once, or nobody came. */
  readonly toRequest = { visited: [] as number[], alone: [] as number[] };

  add(dump: Dump): void {
    this.sessions += 1;
    this.#posts(dump);
    this.#effects(dump);
    this.frames.connections += dump.connections.length;
    for (const { items } of dump.connections) this.frames.received += items.length;
    for (const event of dump.events.filter(({ type }) => type === "session.status_idle")) {
      this.turns.ended += 1;
      if ((event.stop_reason as { type: string }).type === "retries_exhausted") this.turns.exhausted += 1;
    }
  }

  #posts({ posts, events }: Dump): void {
    const ids = new Set(events.map(({ id }) => id));
    const acked = posts.flatMap((post) => post.acked ?? []);
    this.posts.sent += posts.length;
    this.posts.attempts += posts.reduce((sum, post) => sum + post.attempts, 0);
    this.posts.acked += posts.filter((post) => post.acked).length;
    this.posts.unanswered += posts.filter((post) => !post.acked && !post.refused).length;
    this.events.acked += acked.length;
    this.events.listed += events.length;
    this.events.lost += acked.filter((id) => !ids.has(id)).length;
    this.events.merged += acked.length - new Set(acked).size;
    const texts = events.filter(({ type }) => type === "user.message").map(({ content }) => JSON.stringify(content));
    for (const text of new Set(texts)) {
      const meant = posts.filter((post) => post.events.some((event) => event.text === text)).length;
      this.events.doubled += Math.max(0, count(texts, text) - meant);
    }
  }

  #effects({ bodies, hand, events }: Dump): void {
    this.requests.sent += bodies.length;
    this.requests.repeated += bodies.length - new Set(bodies.map(({ text }) => text)).size;
    const results = events.filter(({ type }) => type === "agent.tool_result");
    this.tools.calls += events.filter(({ type }) => type === "agent.tool_use").length;
    this.tools.bodies += hand.reduce((sum, entry) => sum + entry.runs, 0);
    this.tools.most = Math.max(this.tools.most, ...hand.map((entry) => entry.runs));
    this.tools.unknown += results.filter((event) => isUnknown(event)).length;
  }

  /** Each thing that was counted, and how much of it. */
  rows(): [what: string, value: string][] {
    const share = this.tools.calls === 0 ? 0 : (100 * this.tools.unknown) / this.tools.calls;
    return [
      [
        "rounds",
        `${this.rounds.progress + this.rounds.none}, ${this.rounds.none} of them without progress between kills`,
      ],
      ["ended or halted", KINDS.map((kind) => `${kind} ${this.kills[kind]}`).join(", ")],
      ["sessions", `${this.sessions}`],
      ["turns", `${this.turns.ended} ended, ${this.turns.exhausted} of them with retries_exhausted`],
      [
        "posts",
        `${this.posts.sent} in ${this.posts.attempts} attempts: ${this.posts.acked} answered, ${this.posts.unanswered} never`,
      ],
      ["acknowledged events", `${this.events.acked}: ${this.events.lost} lost`],
      [
        "events doubled",
        `${this.events.doubled} (equal messages without a key taken for a retry: ${this.events.merged})`,
      ],
      ["events in the logs", `${this.events.listed}`],
      ["frames read", `${this.frames.received} over ${this.frames.connections} connections`],
      ["model requests", `${this.requests.sent}, ${this.requests.repeated} of them repeated`],
      ["tool calls", `${this.tools.calls}; bodies run ${this.tools.bodies}, at most ${this.tools.most} per call`],
      ["outcome unknown", `${this.tools.unknown} (${share.toFixed(2)} % of the calls)`],
      ["to next request, visited", quantiles(this.toRequest.visited)],
      ["to next request, alone", quantiles(this.toRequest.alone)],
    ];
  }
}

function count<T>(list: T[], one: T): number {
  return list.filter((each) => each === one).length;
}

function quantiles(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p: number) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
  return sorted.length === 0 ? "none measured" : `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms (n ${sorted.length})`;
}
