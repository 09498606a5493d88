/** A Worker with nothing but Sandbox objects and a clock: what the hostile corpus is measured on. POST {session, call}. */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../src/env.ts";
import type { Call } from "../../src/hands/hand.ts";
import { BARE_PROVISION } from "../../src/hands/machine.ts";

export { Sandbox } from "../../src/hands/sandbox/sandbox.ts";

interface Order {
  session: string;
  call: Call;
}

/** Another session's heartbeat: the longest time between two turns of a timer that should come every 5 ms. */
export class Clock extends DurableObject {
  #beating = false;
  #longest = 0;
  #done: Promise<void> = Promise.resolve();

  begin(): void {
    this.#beating = true;
    this.#longest = 0;
    this.#done = this.#beat();
  }

  async end(): Promise<number> {
    this.#beating = false;
    await this.#done;
    return this.#longest;
  }

  async #beat(): Promise<void> {
    let last = Date.now();
    while (this.#beating) {
      await scheduler.wait(5);
      const now = Date.now();
      this.#longest = Math.max(this.#longest, now - last);
      last = now;
    }
  }
}

interface HarnessEnv extends Pick<Env, "SANDBOX" | "LOADER"> {
  CLOCK: DurableObjectNamespace<Clock>;
}

export default {
  async fetch(request, env): Promise<Response> {
    const path = new URL(request.url).pathname;
    const clock = env.CLOCK.getByName("clock");
    if (path === "/begin") return Response.json((await clock.begin()) ?? null);
    if (path === "/end") return Response.json(await clock.end());
    const { session, call }: Order = await request.json();
    try {
      return Response.json({ value: await env.SANDBOX.getByName(session).execute(call, BARE_PROVISION) });
    } catch (error) {
      return Response.json({ error: String(error) });
    }
  },
} satisfies ExportedHandler<HarnessEnv>;
