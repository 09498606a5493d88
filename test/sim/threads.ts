/** Sessions with several threads, by rows made by hand: no request of a client makes a child thread yet. */
import { runningPair } from "../../src/brain/rows.ts";
import { Log } from "../../src/log/log.ts";
import { PRIMARY } from "../../src/log/rows.ts";
import { objectSql } from "../../src/log/sql.ts";
import type { SessionInit } from "../../src/session/rpc.ts";
import { Instance } from "./instance.ts";
import { Crash } from "./points.ts";
import type { World } from "./world.ts";

/** The id of a child thread by its number. */
export const childId = (thread: number) => `sthr_child${thread}`;

/**
 * Gives the session child threads that run its own agent, each woken by a message of the primary one, as an instance of the session writes them; the
 * next instance finds them at work.
 */
export function makeThreads(world: World, children: number): void {
  world.end("quietly");
  const life = new Instance(world.cell);
  const { storage } = life.context(world.init.id) as DurableObjectState;
  const log = new Log<SessionInit>(objectSql(storage), { setAlarm: (due) => void (due && storage.setAlarm(due)) });
  log.open(world.now);
  log.hydrate();
  const b = log.begin(world.now * 1000);
  const { threadId, agent } = world.init;
  for (let thread = 1; thread <= children; thread++) {
    const body = { session_thread_id: childId(thread), agent_name: `child ${thread}`, workflow_run_id: null };
    b.add(PRIMARY, "session.thread_created", { body, note: { thread, agent } });
    const t = b.on(thread);
    runningPair(t, () => null);
    t.add("agent.thread_message_received", {
      body: { from_session_thread_id: threadId, from_agent_name: agent.name },
      content: JSON.stringify([{ type: "text", text: `Task ${thread}.` }]),
    });
  }
  try {
    log.commit(b);
    world.cell.settle();
  } catch (error) {
    // A schedule may ask for a death at any write: without these rows the session has no threads.
    if (!(error instanceof Crash)) throw error;
  }
  life.kill();
}
