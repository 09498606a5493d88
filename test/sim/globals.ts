/** What the platform gives every Worker and a schedule must own: the clock, chance, timers, sockets. Installed for the length of a run. */
import { SimSocketPair } from "./socket.ts";

export interface Given {
  /** Milliseconds since 1970. */
  now(): number;
  fill(bytes: Uint8Array): Uint8Array;
  later(run: () => void): void;
  /** A line for the operator. */
  line(text: string): void;
}

let given: Given | null = null;
let installs = 0;

class SocketResponse extends Response {
  override readonly webSocket: WebSocket | null;
  constructor(body?: BodyInit | null, init?: ResponseInit) {
    // Node's Response refuses 101, which is how a socket is handed over.
    super(body ?? null, init?.status === 101 ? { status: 200 } : init);
    this.webSocket = init?.webSocket ?? null;
  }
}

/** Replaces the globals until the function it returns is called; may be nested. */
export function install(): () => void {
  installs += 1;
  if (installs > 1)
    return () => {
      installs -= 1;
    };
  const real = {
    now: Date.now,
    random: crypto.getRandomValues,
    timeout: globalThis.setTimeout,
    response: globalThis.Response,
    error: console.error,
    warn: console.warn,
  };
  const put = (target: object, name: string, value: unknown) =>
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  put(Date, "now", () => given?.now() ?? real.now.call(Date));
  put(crypto, "getRandomValues", (bytes: Uint8Array) => given?.fill(bytes) ?? real.random.call(crypto, bytes as never));
  put(globalThis, "setTimeout", (run: () => void, ms: number, ...rest: unknown[]) => {
    if (!given) return (real.timeout as (...all: unknown[]) => unknown)(run, ms, ...rest);
    given.later(run);
    return 0;
  });
  put(console, "error", (text: string) => (given ? given.line(text) : real.error(text)));
  put(console, "warn", (text: string) => (given ? given.line(text) : real.warn(text)));
  put(globalThis, "Response", SocketResponse);
  put(globalThis, "WebSocketPair", SimSocketPair);
  return () => {
    installs -= 1;
    put(Date, "now", real.now);
    put(crypto, "getRandomValues", real.random);
    put(globalThis, "setTimeout", real.timeout);
    put(globalThis, "Response", real.response);
    put(console, "error", real.error);
    put(console, "warn", real.warn);
  };
}

/** From now on the world gives what the globals ask for; null: Node does again. */
export function give(world: Given | null): void {
  given = world;
}

/**
 * Every promise that can go on has gone on when this resolves: nothing in a schedule waits for anything but the schedule. Node takes the next
 * tick when no promise is left to run, and does so without a turn of its event loop.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
