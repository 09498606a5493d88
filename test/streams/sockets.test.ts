import { describe, expect, it } from "vitest";
import { eventText, INTERNAL, PRIMARY } from "../../src/log/rows.ts";
import {
  decodeFrame,
  encodeFrame,
  MAX_UNACKED_BYTES,
  MAX_UNACKED_EVENTS,
  type ToSubscriber,
} from "../../src/session/sockets/wire.ts";
import { type MemoryLog, openSockets as open, PlainSocket, seqsOf, unacked } from "./reader.ts";

describe("a frame", () => {
  const event = '{"text":"a\\nb"}';
  const frames: ToSubscriber[] = [
    { t: "subscribed", seq: 3 },
    { t: "events", seqs: [4, 6], events: [event, "{}"] },
    { t: "large", seq: 5 },
    { t: "delta", event },
    { t: "deleted", event },
  ];

  it.each(frames)("of kind $t arrives as it was sent, its events untouched", (frame) => {
    expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
    if (frame.t !== "subscribed" && frame.t !== "large") expect(encodeFrame(frame)).toContain(`\n${event}`);
  });

  it.each(frames)("of kind $t is understood as older builds send it, all JSON", (frame) => {
    expect(decodeFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it("keeps its lines apart, however an event was stored", () => {
    const broken: ToSubscriber = { t: "events", seqs: [1, 2], events: ['{"a":\n[]}', "{}"] };
    expect(decodeFrame(encodeFrame(broken))).toEqual({ ...broken, events: ['{"a": []}', "{}"] });
  });

  it("goes to no Worker that asks for frames of another form", () => {
    const ask = new Request("http://session/stream?deltas=agent.message");
    expect(open().sockets().accept(ask, { thread: PRIMARY }).status).toBe(503);
  });
});

describe("a subscription", () => {
  it("begins with `subscribed` and then follows from now", () => {
    const { commit, subscribe } = open();
    commit(3);
    const ws = subscribe();
    expect(ws.frames).toEqual([{ t: "subscribed", seq: 3 }]);
    const [row] = commit(1);
    expect(ws.frames[1]).toEqual({ t: "events", seqs: [4], events: [eventText(row as never)] });
  });

  it("begins after a seq with the backlog in the same block", () => {
    const { commit, subscribe } = open();
    commit(5);
    expect(seqsOf(subscribe(2).frames)).toEqual([3, 4, 5]);
    expect(seqsOf(subscribe(0).frames)).toEqual([1, 2, 3, 4, 5]);
    expect(seqsOf(subscribe(5).frames)).toEqual([]);
  });

  it("shows its own thread and never an internal row", () => {
    const { log, commit, subscribe, sockets } = open();
    const primary = subscribe();
    const child = subscribe(null, 1);
    sockets().publish([log.append(PRIMARY, "a"), log.append(INTERNAL, "x.dispatch"), log.append(1, "b")]);
    commit(1, 1);
    expect(seqsOf(primary.frames)).toEqual([1]);
    expect(seqsOf(child.frames)).toEqual([3, 4]);
  });

  it("sends a commit of many rows as few frames, and one attachment write", () => {
    const { commit, subscribe } = open();
    const ws = subscribe();
    const before = ws.writes;
    commit(100);
    expect(ws.writes - before).toBe(1);
    expect(ws.frames.length).toBe(3);
  });

  it("gives a row whose content is a blob, or too long for a frame, as `large` in its place", () => {
    const { log, subscribe, sockets } = open();
    const ws = subscribe();
    const blob = { sha: "0", bytes: 20_000_000, where: "sqlite" as const };
    sockets().publish([
      log.append(PRIMARY, "user.message", { content: "[]" }),
      log.append(PRIMARY, "user.message", { content: blob }),
      log.append(PRIMARY, "agent.tool_use", { body: JSON.stringify({ input: "x".repeat(MAX_UNACKED_BYTES) }) }),
      log.append(PRIMARY, "agent.message", { content: "[]" }),
    ]);
    expect(ws.frames.map((frame) => frame.t)).toEqual(["subscribed", "events", "large", "large", "events"]);
    expect(seqsOf(ws.frames)).toEqual([1, 2, 3, 4]);
  });

  it("sends rows that are published twice once", () => {
    const { log, subscribe, sockets } = open();
    const ws = subscribe();
    const rows = [log.append(PRIMARY, "a")];
    sockets().publish(rows);
    sockets().publish(rows);
    expect(seqsOf(ws.frames)).toEqual([1]);
  });
});

describe("a log that cannot be read for a moment", () => {
  const failing = (log: MemoryLog, times: number): void => {
    const after = log.after.bind(log);
    let left = times;
    log.after = (...args) => {
      if (left-- > 0) throw new Error("SQLITE_IOERR: disk I/O error");
      return after(...args);
    };
  };

  it("after an eviction costs one reader its socket, with a code that says come again, and the others nothing", () => {
    const { log, commit, subscribe, evict } = open();
    const [one, other] = [subscribe(), subscribe()];
    evict();
    failing(log, 1);
    commit(2);
    expect(one.closed).toBe(1012);
    expect(other.closed).toBeNull();
    expect(seqsOf(other.frames)).toEqual([1, 2]);
  });

  it("at an ack costs its reader the socket: nothing else would ever bring it level", () => {
    const { log, commit, subscribe, ack } = open();
    const ws = subscribe();
    for (let i = 0; i < 40; i++) commit(10);
    failing(log, 1);
    ack(ws, MAX_UNACKED_EVENTS);
    expect(ws.closed).toBe(1012);
    expect(seqsOf(subscribe(MAX_UNACKED_EVENTS).frames)[0]).toBe(MAX_UNACKED_EVENTS + 1);
  });
});

describe("credit", () => {
  it("stops at the event limit, stays silent, and pages from the log after an ack until level", () => {
    const { commit, subscribe, ack, log } = open();
    const ws = subscribe();
    for (let i = 0; i < 40; i++) commit(10);
    expect(seqsOf(ws.frames).length).toBe(MAX_UNACKED_EVENTS);
    const reads = log.reads;
    commit(1);
    expect(log.reads).toBe(reads);
    ack(ws, MAX_UNACKED_EVENTS);
    expect(seqsOf(ws.frames)).toEqual(Array.from({ length: 401 }, (_, i) => i + 1));
    commit(1);
    expect(seqsOf(ws.frames).at(-1)).toBe(402);
  });

  it("stops at the byte limit, counted in UTF-8", () => {
    const { commit, subscribe } = open();
    const ws = subscribe();
    commit(40, PRIMARY, JSON.stringify([{ type: "text", text: "é".repeat(32 * 1024) }]));
    const { events, bytes } = unacked(ws.frames, 0);
    expect(events).toBe(15);
    expect(bytes).toBeLessThanOrEqual(MAX_UNACKED_BYTES);
  });

  it("comes back by whole frames for a partial ack, and not for an old one", () => {
    const { commit, subscribe, ack } = open();
    const ws = subscribe();
    commit(300);
    ack(ws, 63);
    expect(seqsOf(ws.frames).length).toBe(256);
    ack(ws, 64);
    expect(seqsOf(ws.frames).length).toBe(300);
    ack(ws, 0);
    commit(20);
    expect(seqsOf(ws.frames).length).toBe(320);
  });

  it("is kept through an eviction, and an ack of everything clears it", () => {
    const { commit, subscribe, ack, evict } = open();
    const ws = subscribe();
    commit(300);
    evict();
    commit(10);
    ack(ws, 100);
    expect(seqsOf(ws.frames).length).toBe(256);
    ack(ws, 256);
    expect(seqsOf(ws.frames).length).toBe(310);
  });

  it("skips frames that are no ack", () => {
    const { commit, subscribe, sockets } = open();
    const ws = subscribe();
    commit(300);
    for (const text of [
      "",
      "nonsense",
      "null",
      "[]",
      '{"t":"ack"}',
      '{"t":"ack","seq":-1}',
      '{"t":"ack","seq":"300"}',
    ]) {
      sockets().message(ws, text);
    }
    sockets().message(ws, new ArrayBuffer(8));
    expect(seqsOf(ws.frames).length).toBe(256);
    expect(ws.closed).toBe(null);
  });
});

it("shows an event that is not stored once, to the thread's readers, after whatever they still have to read", () => {
  const { commit, subscribe, ack, sockets, log } = open();
  const [level, child, behind] = [subscribe(), subscribe(null, 1), subscribe()];
  commit(300);
  ack(level, 256);
  sockets().announce(PRIMARY, '{"type":"session.status_terminated"}');
  const shown = { t: "events", seqs: [log.lastSeq()], events: ['{"type":"session.status_terminated"}'] };
  expect(level.frames.at(-1)).toEqual(shown);
  expect(child.frames.length).toBe(1);
  expect(behind.frames).not.toContainEqual(shown);
  ack(behind, 256);
  ack(behind, 300);
  expect(behind.frames.filter((frame) => JSON.stringify(frame) === JSON.stringify(shown)).length).toBe(1);
  expect(behind.frames.at(-1)).toEqual(shown);
});

describe("sockets that end", () => {
  it("loses a dead one without touching the others", () => {
    const { commit, subscribe } = open();
    const first = subscribe();
    const dead = subscribe();
    const last = subscribe();
    dead.dead = true;
    commit(1);
    dead.dead = false;
    commit(1);
    expect(seqsOf(first.frames)).toEqual([1, 2]);
    expect(seqsOf(last.frames)).toEqual([1, 2]);
    expect(seqsOf(dead.frames)).toEqual([]);
    expect(dead.closed).toBe(1011);
  });

  it("forgets a closed one", () => {
    const { commit, subscribe, sockets } = open();
    const ws = subscribe();
    sockets().close(ws);
    commit(1);
    expect(seqsOf(ws.frames)).toEqual([]);
  });

  it("says `deleted` last and closes, to those that are behind too", () => {
    const { commit, subscribe, sockets } = open();
    const level = subscribe();
    commit(300);
    const late = subscribe(0);
    sockets().deleted('{"type":"session.deleted"}');
    for (const ws of [level, late]) {
      expect(ws.frames.at(-1)).toEqual({ t: "deleted", event: '{"type":"session.deleted"}' });
      expect(ws.closed).toBe(1000);
    }
  });

  it("asks the reader to come back when another build wrote the attachment", () => {
    const { host, commit, subscribe, evict } = open();
    const ws = subscribe();
    const other = new PlainSocket();
    other.serializeAttachment([0, "from an older build"]);
    host.acceptWebSocket(other);
    evict();
    commit(1);
    expect(other.closed).toBe(1012);
    expect(seqsOf(ws.frames)).toEqual([1]);
  });
});
