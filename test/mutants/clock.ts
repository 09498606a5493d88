/** vitest's fake timers, as far as tests use them: time moves when it is told to, and promises go on in between. */
import { fn, restoreAllMocks, spyOn } from "./mock.ts";

interface Timer {
  id: number;
  at: number;
  run: () => void;
  every: number | null;
}

const real = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now };
let timers: Timer[] = [];
let now = 0;
let last = 0;
/** What is set while timers run is not due at once, or time would stand still. */
let running = false;

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function add(run: () => void, ms: number, every: number | null): number {
  timers.push({ id: ++last, at: now + Math.max(ms, running ? 1 : 0), run, every });
  return last;
}

function drop(id: unknown): void {
  timers = timers.filter((timer) => timer.id !== id);
}

export const vi = {
  fn,
  spyOn,
  restoreAllMocks,
  useFakeTimers(): void {
    now = real.now();
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => add(run, ms, null),
      setInterval: (run: () => void, ms = 0) => add(run, ms, ms),
      clearTimeout: drop,
      clearInterval: drop,
    });
    Date.now = () => now;
  },
  /** Timers stay as far away as they are. */
  setSystemTime(ms: number): void {
    for (const timer of timers) timer.at += ms - now;
    now = ms;
  },
  useRealTimers(): void {
    const { now: realNow, ...rest } = real;
    Object.assign(globalThis, rest);
    Date.now = realNow;
    timers = [];
  },
  async advanceTimersByTimeAsync(ms: number): Promise<void> {
    const end = now + ms;
    await settled();
    running = true;
    for (;;) {
      const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      now = Math.max(now, next.at);
      drop(next.id);
      if (next.every !== null) timers.push({ ...next, at: now + Math.max(next.every, 1) });
      next.run();
      await settled();
    }
    running = false;
    now = end;
    await settled();
  },
};
