/** A storage that refuses a boot and then works again (reliability.md C32): the session is closed meanwhile, and by itself no longer. */
import { expect, test } from "vitest";
import { DONE, handled, said } from "../story/by-hand.ts";

const { open } = handled();

test("a boot that the storage refused is tried again by a new instance", async () => {
  let full = false;
  const hand = await open([DONE], (query, life) => {
    if (full && life.booting && query.startsWith("UPDATE meta")) throw new Error("SQLITE_FULL: disk is full");
  });
  const asked = () => hand.call((session) => session.getSession("default"));
  await hand.create();
  await hand.post([said("go")]);
  hand.world.end("crash");
  // The boot of a turn that was cut off writes that it happens.
  full = true;
  expect(await asked()).toMatchObject({ ok: false, error: { status: 500 } });
  full = false;
  // The instance itself is told nothing of the storage.
  expect(await asked()).toMatchObject({ ok: false, error: { status: 500 } });
  await hand.timers();
  expect(await asked()).toMatchObject({ ok: true, value: { status: "running" } });
});
