/** The promise to a reader, under schedules that nobody thought of. */
import { expect, it } from "vitest";
import { INTERNAL, PRIMARY } from "../../src/log/rows.ts";
import { MAX_UNACKED_BYTES, MAX_UNACKED_EVENTS } from "../../src/session/sockets/wire.ts";
import { openSockets as open, type PlainSocket, seeded, seqsOf, unacked } from "./reader.ts";

/** One client that reconnects at its cursor; `got` is what it saw over all its sockets. */
interface Reader {
  ws: PlainSocket;
  thread: number;
  start: number;
  cursor: number;
  acked: number;
  got: number[];
  read: number;
}

it("gives each reader its thread's rows after its cursor, in order, once, whatever happens (I14)", () => {
  let frames = 0;
  let reconnects = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = seeded(seed);
    const { log, commit, subscribe, ack, evict, sockets } = open();
    const readers: Reader[] = [];
    const drain = (reader: Reader) => {
      const fresh = reader.ws.frames.slice(reader.read);
      reader.read = reader.ws.frames.length;
      frames += fresh.length;
      const seqs = seqsOf(fresh);
      reader.got.push(...seqs);
      reader.cursor = seqs.at(-1) ?? reader.cursor;
    };
    const check = (reader: Reader) => {
      const window = unacked(reader.ws.frames, reader.acked);
      expect(window.events).toBeLessThanOrEqual(MAX_UNACKED_EVENTS);
      expect(window.bytes).toBeLessThanOrEqual(MAX_UNACKED_BYTES);
    };
    for (let step = 0; step < 80; step++) {
      const reader = readers[random(readers.length + 1)];
      const what = random(10);
      if (what < 4) {
        const size = [1, 1, 20, 200][random(4)] as number;
        const content = size < 200 && random(3) === 0 ? JSON.stringify("x".repeat(random(100_000))) : null;
        commit(1 + random(size), [PRIMARY, PRIMARY, 1, INTERNAL][random(4)], content);
      } else if (what === 4 || readers.length === 0) {
        const thread = random(3) === 0 ? 1 : PRIMARY;
        const start = random(2) === 0 ? null : random(log.lastSeq() + 1);
        const from = start ?? log.lastSeq();
        readers.push({
          ws: subscribe(start, thread),
          thread,
          start: from,
          cursor: from,
          acked: from,
          got: [],
          read: 0,
        });
      } else if (what === 5) {
        evict();
      } else if (reader && what === 6) {
        if (random(2) === 0) drain(reader);
        else reader.read = reader.ws.frames.length;
        if (random(2) === 0) sockets().close(reader.ws);
        else reader.ws.dead = true;
        reader.ws = subscribe(reader.cursor, reader.thread);
        Object.assign(reader, { acked: reader.cursor, read: 0 });
        reconnects += 1;
      } else if (reader) {
        drain(reader);
        const seen = reader.got.filter((seq) => seq > reader.acked);
        reader.acked = seen[random(seen.length + 1)] ?? reader.cursor;
        ack(reader.ws, reader.acked);
      }
      for (const each of readers) check(each);
    }
    for (const reader of readers) {
      for (let more = true; more; ) {
        drain(reader);
        const before = reader.ws.frames.length;
        ack(reader.ws, reader.cursor);
        more = reader.ws.frames.length > before;
      }
      const expected = log.rows.filter((row) => row.thread === reader.thread && row.seq > reader.start);
      expect(reader.got, `seed ${seed}`).toEqual(expected.map((row) => row.seq));
    }
  }
  expect(frames).toBeGreaterThan(1_500);
  expect(reconnects).toBeGreaterThan(100);
});
