/** A WebSocket client by hand, which sends whatever frame it is told to: no library would. */
import { createConnection, type Socket } from "node:net";
import { BASE_HEADERS } from "./plans.ts";
import type { World } from "./world.ts";

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;

/** A frame as RFC 6455 §5.2 writes it; `rsv`, `opcode` and `masked` may be what the RFC forbids. */
export interface RawFrame {
  opcode: number;
  fin: boolean;
  rsv: number;
  masked: boolean;
  payload: Uint8Array;
}

export interface Connection {
  /** HTTP status of the answer to the upgrade; 0 when there was none. */
  status: number;
  /** Texts received so far. */
  texts: string[];
  /** Code of the close frame received; null: none. */
  closed(): number | null;
  /** Whether the connection has ended, with or without a close frame. */
  ended(): boolean;
  write(frame: RawFrame): void;
  /** Resolves once `condition` holds or the connection has ended, at the latest after `ms`. */
  until(condition: () => boolean, ms: number): Promise<void>;
  destroy(): void;
}

export async function connect(world: World, target: string): Promise<Connection> {
  const { url } = world;
  const socket = createConnection({ host: url.hostname, port: Number(url.port) });
  const headers = [
    ...BASE_HEADERS,
    ["upgrade", "websocket"],
    ["connection", "upgrade"],
    ["sec-websocket-version", "13"],
  ];
  const lines = [`GET ${target} HTTP/1.1`, `host: ${url.host}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  socket.write(`${world.resolve(lines.join("\r\n"))}\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  return opened(socket);
}

async function opened(socket: Socket): Promise<Connection> {
  const texts: string[] = [];
  let [bytes, status, closed, ended] = [Buffer.alloc(0), 0, null as number | null, false];
  let wake = () => {};
  const take = () => {
    if (status === 0) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      status = Number(bytes.toString("latin1", 9, 12));
      bytes = bytes.subarray(end + 4);
    }
    for (let frame = status === 101 ? firstFrame(bytes) : null; frame; frame = firstFrame(bytes)) {
      bytes = bytes.subarray(frame.bytes);
      if (frame.opcode === TEXT) texts.push(frame.payload.toString("utf8"));
      if (frame.opcode === CLOSE) closed = frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005;
    }
  };
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    take();
    wake();
  });
  const end = () => {
    ended = true;
    wake();
  };
  socket.on("close", end).on("end", end).on("error", end);
  const until = async (condition: () => boolean, ms: number) => {
    const timer = setTimeout(() => wake(), ms);
    const deadline = performance.now() + ms;
    while (!condition() && !ended && performance.now() < deadline) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    clearTimeout(timer);
  };
  const OPEN_MS = 20_000;
  await until(() => status !== 0, OPEN_MS);
  return {
    status,
    texts,
    closed: () => closed,
    ended: () => ended,
    write: (frame) => {
      if (socket.writable) socket.write(encoded(frame));
    },
    until,
    destroy: () => socket.destroy(),
  };
}

const SHORT = 125;
const MASK = Buffer.from([1, 2, 3, 4]);

function encoded({ opcode, fin, rsv, masked, payload }: RawFrame): Buffer {
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  const size = payload.length;
  const head = Buffer.alloc(size <= SHORT ? 2 : 10);
  head[0] = first;
  head[1] = bit | (size <= SHORT ? size : 127);
  if (size > SHORT) head.writeBigUInt64BE(BigInt(size), 2);
  if (!masked) return Buffer.concat([head, payload]);
  return Buffer.concat([head, MASK, Buffer.from(payload.map((byte, i) => byte ^ (MASK[i % 4] as number)))]);
}

/** The server's frames are whole, short enough for memory and not masked. */
function firstFrame(bytes: Buffer): { opcode: number; payload: Buffer; bytes: number } | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] as number) & 0x7f;
  const from = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < from) return null;
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (bytes.length < from + size) return null;
  return { opcode: (bytes[0] as number) & 0x0f, payload: bytes.subarray(from, from + size), bytes: from + size };
}
