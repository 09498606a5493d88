/** vitest's fake timers, as far as tests use them: time moves when it is told to, and promises go on in between. */
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

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function add(run: () => void, ms: number, every: number | null): number {
  timers.push({ id: ++last, at: now + Math.max(ms, 1), run, every });
  return last;
}

function drop(id: unknown): void {
  timers = timers.filter((timer) => timer.id !== id);
}

export const vi = {
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
  useRealTimers(): void {
    const { now: realNow, ...rest } = real;
    Object.assign(globalThis, rest);
    Date.now = realNow;
    timers = [];
  },
  async advanceTimersByTimeAsync(ms: number): Promise<void> {
    const end = now + ms;
    await settled();
    for (;;) {
      const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      now = Math.max(now, next.at);
      drop(next.id);
      if (next.every !== null) timers.push({ ...next, at: now + Math.max(next.every, 1) });
      next.run();
      await settled();
    }
    now = end;
    await settled();
  },
};
