import { describe, expect, it } from "vitest";
import { PRIMARY } from "../../src/log/rows.ts";
import { Sockets } from "../../src/session/sockets/sockets.ts";
import { MAX_UNACKED_DELTA_BYTES, type ToSubscriber } from "../../src/session/sockets/wire.ts";
import { Clock, MemoryLog, PlainHost, PlainSocket, seeded } from "./reader.ts";

const BOTH = ["agent.message", "agent.thinking"];

/** One thing a reader saw, in order. */
type Seen = { what: "start" | "final"; id: string } | { what: "text"; id: string; text: string };

function open() {
  const host = new PlainHost();
  const log = new MemoryLog();
  const clock = new Clock();
  const sockets = new Sockets({ ctx: host, log, later: clock.later });
  const subscribe = (deltas: string[] = BOTH, thread = PRIMARY, after: number | null = null) => {
    const ws = new PlainSocket();
    sockets.subscribe(ws, { thread, after, deltas });
    return ws;
  };
  const store = (type: string, id?: string, thread = PRIMARY) =>
    sockets.publish([log.append(thread, type, id ? { id, content: "[]" } : {})]);
  const start = (id: string, eventType: "agent.message" | "agent.thinking" = "agent.message", thread = PRIMARY) =>
    sockets.preview({ kind: "start", type: eventType, id, thread });
  const delta = (id: string, text: string, index = 0, thread = PRIMARY) =>
    sockets.preview({ kind: "text", type: "agent.message", id, index, text, thread });
  return { log, clock, sockets, subscribe, store, start, delta };
}

function seen(frames: ToSubscriber[]): Seen[] {
  return frames.flatMap((frame): Seen[] => {
    if (frame.t === "events") {
      return frame.events.map((text) => ({ what: "final", id: (JSON.parse(text) as { id: string }).id }));
    }
    if (frame.t !== "delta") return [];
    const event = JSON.parse(frame.event);
    if (event.type === "event_start") return [{ what: "start", id: event.event.id }];
    return [{ what: "text", id: event.event_id, text: event.delta.content.text }];
  });
}

function texts(ws: PlainSocket): string[] {
  return seen(ws.frames).flatMap((each) => (each.what === "text" ? [each.text] : []));
}

describe("previews", () => {
  it("go to those who asked for the type, in the thread they read", () => {
    const { subscribe, store, start, delta } = open();
    const [both, thinking, none, child] = [
      subscribe(),
      subscribe(["agent.thinking"]),
      subscribe([]),
      subscribe(BOTH, 1),
    ];
    store("span.model_request_start");
    start("t1", "agent.thinking");
    start("m1");
    delta("m1", "hello");
    const ids = (ws: PlainSocket) =>
      seen(ws.frames)
        .filter((each) => each.what !== "final")
        .map((each) => each.id);
    expect([both, thinking, none, child].map(ids)).toEqual([["t1", "m1", "m1"], ["t1"], [], []]);
  });

  it("leave at once at first, then together, at the latest after 16 pieces or at the timer", () => {
    const { subscribe, store, start, delta, clock } = open();
    const ws = subscribe();
    store("span.model_request_start");
    start("m1");
    delta("m1", "a");
    expect(texts(ws)).toEqual(["a"]);
    for (const letter of "bcd") delta("m1", letter);
    expect(texts(ws)).toEqual(["a"]);
    expect(clock.armed).toBe(1);
    clock.tick();
    expect(texts(ws)).toEqual(["a", "bcd"]);
    for (let i = 0; i < 16; i++) delta("m1", "x");
    expect(texts(ws).at(-1)).toBe("x".repeat(16));
    expect(clock.armed).toBe(1);
  });

  it("keep two blocks of one event apart", () => {
    const { subscribe, store, start, delta, clock } = open();
    const ws = subscribe();
    store("span.model_request_start");
    start("m1");
    delta("m1", "a");
    delta("m1", "b");
    delta("m1", "c", 1);
    clock.tick();
    expect(texts(ws)).toEqual(["a", "b", "c"]);
  });

  it("leave before the stored event and never after it, nor after the request's end", () => {
    const { subscribe, store, start, delta, clock } = open();
    const ws = subscribe();
    store("span.model_request_start", "s1");
    start("m1");
    delta("m1", "a");
    delta("m1", "b");
    store("agent.message", "m1");
    delta("m1", "late");
    start("m1");
    start("m2");
    delta("m2", "c");
    store("span.model_request_end", "s2");
    delta("m2", "late");
    start("m3");
    clock.tick();
    expect(seen(ws.frames)).toEqual([
      { what: "final", id: "s1" },
      { what: "start", id: "m1" },
      { what: "text", id: "m1", text: "a" },
      { what: "text", id: "m1", text: "b" },
      { what: "final", id: "m1" },
      { what: "start", id: "m2" },
      { what: "text", id: "m2", text: "c" },
      { what: "final", id: "s2" },
    ]);
  });

  it("are not for a connection that was opened after the request started", () => {
    const { subscribe, store, start, delta, log } = open();
    const early = subscribe();
    store("span.model_request_start");
    const late = subscribe();
    const reopened = subscribe(BOTH, PRIMARY, log.lastSeq() - 1);
    start("m1");
    delta("m1", "a");
    expect([early, late, reopened].map((ws) => texts(ws).length)).toEqual([1, 0, 0]);
    store("span.model_request_end");
    store("span.model_request_start");
    start("m2");
    expect(seen(late.frames).at(-1)).toEqual({ what: "start", id: "m2" });
  });

  it("announce an id once", () => {
    const { subscribe, store, start } = open();
    const ws = subscribe();
    store("span.model_request_start");
    start("m1");
    start("m1");
    expect(seen(ws.frames).filter((each) => each.what === "start").length).toBe(1);
  });

  it("fall silent for a reader that does not drain, for that event, and an ack of the same seq opens the next", () => {
    const { subscribe, store, start, delta, sockets, log } = open();
    const slow = subscribe();
    const quick = subscribe();
    store("span.model_request_start");
    start("m1");
    const piece = "y".repeat(8 * 1024);
    for (let i = 0; i < 400; i++) {
      delta("m1", piece);
      sockets.message(quick, JSON.stringify({ t: "ack", seq: log.lastSeq() }));
    }
    const got = texts(slow).join("").length;
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThanOrEqual(MAX_UNACKED_DELTA_BYTES);
    expect(texts(quick).join("").length).toBeGreaterThan(384 * piece.length);
    sockets.message(slow, JSON.stringify({ t: "ack", seq: log.lastSeq() }));
    delta("m1", "z");
    expect(texts(slow).join("").length).toBe(got);
    start("m2");
    expect(seen(slow.frames).at(-1)).toEqual({ what: "start", id: "m2" });
  });

  it("are not sent to a reader that is behind", () => {
    const { subscribe, store, start, delta } = open();
    const ws = subscribe();
    store("span.model_request_start");
    for (let i = 0; i < 300; i++) store("agent.tool_result");
    start("m1");
    delta("m1", "a");
    expect(seen(ws.frames).every((each) => each.what === "final")).toBe(true);
  });
});

it("are a prefix without a gap, one start per id, nothing after the final event, under any schedule (I15)", () => {
  const broken: string[] = [];
  let whole = 0;
  let shed = 0;
  for (let seed = 1; seed <= 15; seed++) {
    const random = seeded(seed);
    const { subscribe, store, start, delta, clock, sockets, log } = open();
    const sent = new Map<string, string>();
    const readers: PlainSocket[] = [subscribe()];
    const noise = () => {
      const reader = readers[random(readers.length)] as PlainSocket;
      const what = random(8);
      if (what === 0) readers.push(subscribe(BOTH, PRIMARY, random(2) ? random(log.lastSeq() + 1) : null));
      if (what === 1) reader.dead = random(6) === 0;
      if (what === 2) clock.tick();
      if (what === 3 && random(8) === 0) for (let i = 0; i < 260; i++) store("agent.tool_result");
      if (what > 4) sockets.message(reader, JSON.stringify({ t: "ack", seq: log.lastSeq() }));
    };
    for (let request = 0; request < 6; request++) {
      store("span.model_request_start");
      for (let block = 0; block < 3; block++) {
        const id = `m${request}.${block}`;
        start(id);
        let text = "";
        for (let piece = random(40); piece > 0; piece--) {
          const part = `${piece},`.repeat(1 + random(seed % 3 === 0 ? 4_000 : 5));
          text += part;
          delta(id, part, piece % 17 === 0 ? 1 : 0);
          if (random(3) === 0) noise();
        }
        sent.set(id, text);
        if (random(4) > 0) store("agent.message", id);
      }
      store("span.model_request_end");
    }
    clock.tick();
    for (const ws of readers) {
      const heard = new Map<string, string>();
      const over = new Set<string>();
      for (const each of seen(ws.frames)) {
        if (each.what === "final") over.add(each.id);
        else if (over.has(each.id)) broken.push(`seed ${seed}: ${each.id} after its end`);
        if (each.what === "start") {
          if (heard.has(each.id)) broken.push(`seed ${seed}: second start of ${each.id}`);
          heard.set(each.id, "");
        }
        if (each.what === "text") heard.set(each.id, `${heard.get(each.id)}${each.text}`);
      }
      for (const [id, text] of heard) {
        if (!sent.get(id)?.startsWith(text)) broken.push(`seed ${seed}: ${id} is no prefix`);
        if (text === sent.get(id)) whole += 1;
        else shed += 1;
      }
    }
  }
  expect(broken).toEqual([]);
  expect({ whole: whole > 200, shed: shed > 20 }, `${whole} whole, ${shed} shed`).toEqual({ whole: true, shed: true });
});
