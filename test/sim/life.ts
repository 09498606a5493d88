import type { SessionObject } from "../../src/session/session.ts";
import { Instance } from "./instance.ts";
import { Crash } from "./points.ts";

/** An instance with the session in it. Ended as a zombie it goes on; it is `replaced` once the next one is there. */
export class Life extends Instance {
  session!: SessionObject;
}

/** The constructor has done its waiting, and has survived it. */
export async function awake(life: Life): Promise<void> {
  await life.ready;
  if (life.dead) throw new Crash();
}
