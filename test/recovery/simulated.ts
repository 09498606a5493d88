/**
 * The scenarios on the simulator (test/sim), undisturbed: a thread of its own, since it takes over the clock and chance. Posts the scenario's
 * name and its events as listed. Where it has parties of its own (the hand's words, usage), `masked` looks away.
 */
import "../sim/workers.ts";
import { parentPort } from "node:worker_threads";
import type { SessionInit } from "../../src/session/rpc.ts";
import type { Answer, Block } from "../sim/model-server.ts";
import type { Answer as Given } from "../support/model-server/answer.ts";
import type { Event } from "./play.ts";
import { SCENARIOS, type Scenario, type Sent, type Stage } from "./scenarios.ts";

const { give, install, settled } = await import("../sim/globals.ts");
const { World } = await import("../sim/world.ts");
const { Random } = await import("../sim/random.ts");
const { draft } = await import("../sim/sending.ts");
const { newId } = await import("../../src/protocol/ids.ts");

/** Stands for the script's name, as a play's own key does. */
const SIMULATED_KEY = "simulated";
const STEPS = 2_000;

class Simulated implements Stage {
  readonly #scenario: Scenario;
  readonly #init: SessionInit;
  readonly #world: InstanceType<typeof World>;
  #answers: Given[];
  #held = false;
  #posts = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#answers = [...scenario.answers];
    this.#init = initOf(scenario);
    const random = new Random(1);
    this.#world = new World(this.#init, {
      point: () => {},
      statement: () => {},
      answer: () => this.#answer(),
      deaf: () => false,
      handFails: () => null,
      committed: () => {},
    });
    give({
      now: () => this.#world.now,
      fill: (bytes) => random.fill(bytes),
      later: (run) => void this.#world.pending.later(this.#world.life, "timer").then(run),
      line: () => {},
    });
  }

  async run(): Promise<Event[] | null> {
    const { initial, steps } = this.#scenario;
    const first = initial ? [this.#draft(this.#message("Please."))] : [];
    await this.#until(this.#world.create(first, this.#sender()));
    await steps(this);
    return await this.#events();
  }

  async say(text = "Please.", answers: Given[] = []): Promise<void> {
    this.#answers.push(...answers);
    await this.send(this.#message(text, answers.length > 0 ? `${SIMULATED_KEY}-next` : SIMULATED_KEY));
  }

  async send(event: Sent): Promise<void> {
    const done = await this.#until(this.#world.post([this.#draft(event)], this.#sender()));
    if (!done?.ok) throw new Error(`${this.#scenario.name}: ${JSON.stringify(done)}`);
  }

  async idle(n: number, reason = "end_turn"): Promise<Event> {
    for (let step = 0; step < STEPS; step++) {
      const stops = ((await this.#events()) ?? []).filter(({ type }) => type === "session.status_idle");
      const found = stops.filter(({ stop_reason }) => (stop_reason as { type: string }).type === reason)[n - 1];
      if (found) return found;
      await this.#step();
    }
    throw new Error(`${this.#scenario.name} does not come to rest in the simulator`);
  }

  async asked(n: number): Promise<string[]> {
    const { stop_reason } = await this.idle(n, "requires_action");
    return (stop_reason as { event_ids: string[] }).event_ids;
  }

  async requested(n: number): Promise<void> {
    for (let step = 0; this.#world.model.bodies.length < n && step < STEPS; step++) await this.#step();
  }

  /** Here no alarm is due before a scenario says so. */
  async told(): Promise<void> {}

  async release(): Promise<void> {
    this.#held = false;
  }

  async archive(): Promise<void> {
    await this.#until(this.#world.call((session) => session.archive(this.#init.workspace)));
  }

  async remove(): Promise<void> {
    await this.#until(this.#world.call((session) => session.remove(this.#init.workspace)));
  }

  /** The next thing that can happen happens: a command ends, or what was under way arrives. A held answer does not. */
  async #step(): Promise<void> {
    const { hand, pending } = this.#world;
    const running = hand.running[0];
    const next = pending.arrivals.findIndex(({ what }) => !(this.#held && what === "model"));
    if (running) hand.finish(running.key);
    else if (next >= 0) pending.deliver(next);
    this.#world.now += 1;
    await settled();
  }

  async #until<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const ended = work.finally(() => {
      over = true;
    });
    await settled();
    for (let step = 0; !over && step < STEPS; step++) await this.#step();
    return ended;
  }

  async #events(): Promise<Event[] | null> {
    const query = { order: "asc" as const, limit: 1000, page: null, key: "k", types: null };
    const { workspace } = this.#init;
    const page = await this.#until(this.#world.call((session) => session.getEvents(workspace, null, query)));
    return page?.ok ? (JSON.parse(String(page.value)) as { data: Event[] }).data : null;
  }

  #answer(): Answer {
    const given = this.#answers.shift();
    if (!given) throw new Error(`${this.#scenario.name}: the script has ended`);
    this.#held = given.hold !== undefined;
    const blocks = given.blocks.map((block, i) =>
      block.type === "tool_use" ? { ...block, id: `toolu_${this.#world.model.bodies.length}_${i}` } : block,
    );
    return { how: "complete", blocks: blocks as Block[] };
  }

  #message(text: string, key = SIMULATED_KEY): Sent {
    return { type: "user.message", content: [{ type: "text", text: `${text} [script:${key}]` }] };
  }

  /** As the Worker makes it of a request (src/api/drafts.ts). */
  #draft(event: Sent) {
    const { type, content, ...body } = event as { type: string; content?: object };
    const made = draft(type, body, null);
    return content === undefined ? made : { ...made, content: new TextEncoder().encode(JSON.stringify(content)) };
  }

  #sender() {
    return { cred: "test", key: null, digest: `post ${this.#posts++}`, retry: 0 };
  }
}

function initOf({ name, tools }: Scenario): SessionInit {
  const resolved = (tools as { type: string; default_config?: object }[]).map((tool) =>
    tool.type === "custom" ? tool : { ...tool, default_config: { enabled: true, ...tool.default_config }, configs: [] },
  );
  return {
    id: newId("sesn"),
    threadId: newId("sthr"),
    workspace: "default",
    createdAt: 1_700_000_000_000_000,
    environmentId: newId("env"),
    title: null,
    metadata: {},
    agent: {
      type: "agent",
      id: newId("agent"),
      version: 1,
      name,
      description: null,
      system: null,
      model: { id: "claude-sonnet-5-5", effort: { type: "medium" }, speed: "standard" },
      tools: resolved,
      mcp_servers: [],
      skills: [],
      multiagent: null,
      execution_identity: { type: "service_account" },
    } as unknown as SessionInit["agent"],
  };
}

if (parentPort) {
  const stop = install();
  for (const scenario of SCENARIOS) {
    const events = await new Simulated(scenario).run();
    parentPort.postMessage({ name: scenario.name, events });
  }
  give(null);
  stop();
}
