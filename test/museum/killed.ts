/** A session that dies at a chosen commit and is taken up by a new instance over the same rows. */
import type { Answer } from "../support/open-session.ts";
import { StrictSession } from "./strict-session.ts";

class Killed extends Error {}

/**
 * Plays until right before or right after the n-th commit after the first message, dies there and is booted again; null when a whole turn has
 * fewer commits. Nothing has gone on yet: that is the caller's.
 */
export async function killedAt(script: Answer[], n: number, when: "before" | "after"): Promise<StrictSession | null> {
  const session = new StrictSession([]).plays(script);
  session.say("go");
  let commits = 0;
  const { commit } = session.ports;
  session.ports.commit = (batch) => {
    commits += 1;
    if (commits === n && when === "before") throw new Killed();
    const rows = commit(batch);
    if (commits === n) throw new Killed();
    return rows;
  };
  try {
    await session.run();
    return null;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  session.boot();
  return session;
}

/** The same session dead at each of its commits, before and after it. At least `least` of them, or the test has lost its subject. */
export async function* everyDeath(script: Answer[], least: number): AsyncGenerator<StrictSession> {
  let deaths = 0;
  for (let n = 1; ; n++) {
    for (const when of ["before", "after"] as const) {
      const session = await killedAt(script, n, when);
      if (!session) {
        if (deaths < least) throw new Error(`only ${deaths} deaths`);
        return;
      }
      deaths += 1;
      yield session;
    }
  }
}
