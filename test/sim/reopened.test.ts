/** A storage that refuses a boot and then works again (reliability.md C32): the session is closed meanwhile, and by itself no longer. */
import { expect, test } from "vitest";
import { give, install, settled } from "./globals.ts";
import { INIT } from "./init.ts";
import { Random } from "./random.ts";
import { draft } from "./sending.ts";
import { World } from "./world.ts";

const SENDER = { cred: "a", key: null, digest: "d", retry: 0 };

test("a boot that the storage refused is tried again by a new instance", async () => {
  const stop = install();
  let full = false;
  const timers: (() => void)[] = [];
  const random = new Random(5);
  const world = new World(INIT, {
    point: () => {},
    statement: (query, life) => {
      if (full && life.booting && query.startsWith("UPDATE meta")) throw new Error("SQLITE_FULL: disk is full");
    },
    answer: () => ({ how: "complete", blocks: [{ type: "text", text: "done" }] }),
    deaf: () => false,
    handFails: () => null,
    committed: () => {},
  });
  give({
    now: () => world.now,
    fill: (bytes) => random.fill(bytes),
    later: (run) => void timers.push(run),
    line: (text) => void world.lines.push(text),
  });
  const asked = () => world.through(world.call((session) => session.getSession(INIT.workspace)));
  try {
    await world.through(world.create([], SENDER));
    await world.through(world.post([draft("user.message", {}, "go")], SENDER));
    await settled();
    world.end("crash");
    // The boot of a turn that was cut off writes that it happens.
    full = true;
    expect(await asked()).toMatchObject({ ok: false, error: { status: 500 } });
    full = false;
    // The instance itself is told nothing of the storage.
    expect(await asked()).toMatchObject({ ok: false, error: { status: 500 } });
    for (const run of timers.splice(0)) run();
    expect(await asked()).toMatchObject({ ok: true, value: { status: "running" } });
  } finally {
    for (const life of world.lives) life.dead = true;
    give(null);
    stop();
  }
});
