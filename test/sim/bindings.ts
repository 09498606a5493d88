/** What the platform binds to the object: the catalog, which answers when the schedule says so, and the bucket. */
import type { World } from "./world.ts";

/** A catalog that keeps nothing: what the session writes there is Layer B's to look at (office.ts). */
export function catalogOf(world: World): object {
  const done = { meta: { changes: 1 }, results: [] };
  const run = async () => {
    const { life } = world;
    if (life) life.point("db.write", "before");
    await world.pending.later(life, "db");
    if (life) life.point("db.write", "after");
    return done;
  };
  const statement = { bind: () => statement, run, first: async () => (await run()) && null, all: run };
  return { prepare: () => statement, batch: async (list: unknown[]) => (await run()) && list.map(() => done) };
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
