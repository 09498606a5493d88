/** What the platform binds to the object: the catalog, which answers when the schedule says so, and the bucket. */
import type { World } from "./world.ts";

const DONE = { meta: { changes: 1 }, results: [] };

interface Statement {
  text: string;
  binds: unknown[];
}

/** A catalog that keeps what it was told last of the session; its statements as such are Layer B's to look at (office.ts). */
export class SimCatalog {
  /** As `tellable` has it. */
  told: string;
  readonly #world: World;
  #ordinal = -1;

  constructor(world: World) {
    this.#world = world;
    this.told = tellable({ status: "idle", title: world.init.title });
  }

  /** As the session reaches it. */
  get binding(): object {
    const prepare = (text: string, binds: unknown[] = []): object => ({
      text,
      binds,
      bind: (...given: unknown[]) => prepare(text, given),
      run: () => this.#trip([]),
      first: async () => (await this.#trip([])) && null,
      all: () => this.#trip([]),
    });
    const batch = async (list: Statement[]) => (await this.#trip(list)) && list.map(() => DONE);
    return { prepare, batch };
  }

  async #trip(list: Statement[]): Promise<typeof DONE> {
    const { life, pending } = this.#world;
    if (life) life.point("db.write", "before");
    await pending.later(life, "db", () => this.#take(list));
    if (life) life.point("db.write", "after");
    return DONE;
  }

  /** The newest push wins, in whatever order they come. */
  #take(list: Statement[]): void {
    for (const { text, binds } of list) {
      if (!text.startsWith("UPDATE sessions SET usage")) continue;
      const { status, usage, ordinal, title } = boundTo(text, binds);
      if ((ordinal as number) <= this.#ordinal) continue;
      this.#ordinal = ordinal as number;
      this.told = tellable({ status, usage: JSON.parse(usage as string), title });
    }
  }
}

/** What a statement binds, by the columns that it sets or compares. */
function boundTo(text: string, binds: unknown[]): Record<string, unknown> {
  const placed = text.matchAll(/\b(\w+) = (?:CASE WHEN archived_at IS NULL THEN )?\?(\d+)/g);
  return Object.fromEntries([...placed].map(([, column, place]) => [column, binds[Number(place) - 1]]));
}

/** What the catalog has to know of a session at rest, as text. */
export function tellable({ status, usage, title }: { status?: unknown; usage?: unknown; title?: unknown }): string {
  const { input_tokens, output_tokens } = (usage ?? {}) as Record<string, unknown>;
  return JSON.stringify({ status, title, input_tokens, output_tokens });
}

export function bucketOf(world: World): object {
  const { bucket } = world;
  return {
    get: async (key: string) => {
      const { life } = world;
      life?.point("bucket.read", "before");
      await world.pending.later(life, "bucket");
      life?.point("bucket.read", "after");
      const bytes = bucket.get(key);
      return bytes ? { body: inOnePiece(bytes) } : null;
    },
    list: async () => ({ objects: [...bucket.keys()].map((key) => ({ key })), truncated: false }),
    delete: async (keys: string[]) => {
      world.life?.point("bucket.delete", "before");
      for (const key of keys) bucket.delete(key);
      world.life?.point("bucket.delete", "after");
    },
    put: async (key: string, bytes: Uint8Array) => void bucket.set(key, bytes),
  };
}

/** A Blob's own stream would come by a thread of Node's, at a time of its own. */
function inOnePiece(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
