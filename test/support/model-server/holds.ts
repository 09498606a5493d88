/** Requests that wait for the test. Nothing here is timed: a test waits until a request is held, then releases it. */
interface Held {
  key: string | null;
  go: () => void;
}

export class Holds {
  private readonly waiting = new Set<Held>();
  private watchers: { count: number; go: () => void }[] = [];

  /** Resolves when released, or when the client has left. */
  wait(key: string | null, left: AbortSignal): Promise<void> {
    if (left.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const held: Held = { key, go: () => this.waiting.delete(held) && resolve() };
      this.waiting.add(held);
      left.addEventListener("abort", held.go, { once: true });
      const ready = this.watchers.filter(({ count }) => count <= this.waiting.size);
      this.watchers = this.watchers.filter((watcher) => !ready.includes(watcher));
      for (const { go } of ready) go();
    });
  }

  /** Resolves once `count` requests are held at the same time. */
  held(count: number): Promise<void> {
    if (this.waiting.size >= count) return Promise.resolve();
    return new Promise((go) => this.watchers.push({ count, go }));
  }

  /** Lets go of every held request, or of those of one script; returns how many. */
  release(key?: string): number {
    const released = [...this.waiting].filter((held) => key === undefined || held.key === key);
    for (const { go } of released) go();
    return released.length;
  }
}
