/**
 * One stalled reader of the public stream while many events pass (reliability.md T5b): `node test/bench/stalled.ts [events] [bytes]`.
 * Runs the streams' test host (test/streams/host.ts): the real sockets and the real SSE adapter, with a log that takes events as fast as
 * they can be made. The readers count and check the order of what they get. Exits 1 when a figure misses its target.
 */
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { startServer } from "../streams/server.ts";

/** The target of reliability.md §4. */
const MAX_GROWTH_MB = 8;
const READERS = 4;
const BATCH = 50;
/** Events that warm the process up before the first look: the heap grows once, whoever reads. */
const WARM_UP = 100_000;
/** Rounds of one measurement; a garbage collection between two looks makes single figures jump. */
const LOOKS = 5;

interface Reader {
  got: number;
  inOrder: boolean;
  stop(): void;
  reach(count: number): Promise<void>;
}

const events = Number(process.argv[2] ?? 100_000);
const bytes = Number(process.argv[3] ?? 1_000);
const server = await startServer();
const workerd = children(process.pid);

await run("warm-up, all read", WARM_UP, READERS, false);
const without = await run("all read", events, READERS, false);
const withStalled = await run("one stalled", events, READERS, true);
await server.stop();

const growth = withStalled.grown - without.grown;
const slower = withStalled.seconds / without.seconds;
console.log(
  `stalled reader: ${growth.toFixed(1)} MB beside the same run without it (target ${MAX_GROWTH_MB}), time of the others x${slower.toFixed(2)}`,
);
process.exit(growth <= MAX_GROWTH_MB && without.inOrder && withStalled.inOrder ? 0 : 1);

async function run(title: string, count: number, readers: number, stalled: boolean) {
  const name = title.replace(/\W+/g, "-");
  const open = await Promise.all(Array.from({ length: readers }, () => read(name)));
  const stuck = stalled ? await stall(name) : null;
  const before = await memory();
  const begun = performance.now();
  let most = before;
  for (let done = 0; done < count; done += 10_000) {
    await server.hand(name, "commit", { count: Math.min(10_000, count - done), batch: BATCH, size: bytes });
    most = Math.max(most, rss());
  }
  await Promise.all(open.map((reader) => reader.reach(count)));
  const seconds = (performance.now() - begun) / 1000;
  const after = await memory();
  const inOrder = open.every((reader) => reader.inOrder && reader.got === count);
  const rate = Math.round((count * readers) / seconds);
  console.log(
    `${title}: ${count} events of ${bytes} B to ${readers} readers in ${seconds.toFixed(1)} s, ${rate} deliveries/s, in order ${inOrder}; ` +
      `workerd ${before.toFixed(1)} -> ${after.toFixed(1)} MB, at most ${most.toFixed(1)}${stuck ? `; the stalled one took ${stuck.took()} bytes` : ""}`,
  );
  for (const reader of open) reader.stop();
  stuck?.stop();
  return { grown: after - before, seconds, inOrder };
}

/** A reader that only counts: the test's own client would cost more than the server. */
async function read(name: string): Promise<Reader> {
  const controller = new AbortController();
  const response = await fetch(`${server.url}/stream/${name}`, { signal: controller.signal });
  let wake = () => {};
  const reader: Reader = {
    got: 0,
    inOrder: true,
    stop: () => controller.abort(),
    async reach(count) {
      while (reader.got < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
  void (async () => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const blocks = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const n = /"n":(\d+)/.exec(block);
        if (!n) continue;
        reader.got += 1;
        if (Number(n[1]) !== reader.got) reader.inOrder = false;
      }
      wake();
    }
  })().catch(() => {});
  return reader;
}

/** A client that sends its request, reads the first bytes, and never again. */
function stall(name: string): Promise<{ took(): number; stop(): void }> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const { promise, resolve } = Promise.withResolvers<{ took(): number; stop(): void }>();
  socket.write(`GET /stream/${name} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
  socket.on("data", () => {
    socket.pause();
    resolve({ took: () => socket.bytesRead, stop: () => socket.destroy() });
  });
  return promise;
}

/** The least of several looks a moment apart, in MB. */
async function memory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < LOOKS; i++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    least = Math.min(least, rss());
  }
  return least;
}

function rss(): number {
  const kilobytes = workerd.map((pid) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** The workerd processes that this one started. */
function children(parent: number): number[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return /^Name:\s+workerd/m.test(status) && new RegExp(`^PPid:\\s+${parent}$`, "m").test(status);
      } catch {
        return false;
      }
    });
}
