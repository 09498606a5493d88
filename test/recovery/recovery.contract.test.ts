/**
 * Layer C (reliability.md §3.4): the real Worker in workerd, its Session object killed before and after every write and effect of every scenario.
 * What the log says in the end must be what an undisturbed run says, here and in the simulator, and every command must have run once.
 */
import { once } from "node:events";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { count } from "../support/counts.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { MARK } from "./faults.ts";
import { masked, withoutOutput } from "./masked.ts";
import { type Event, type Fault, type Outcome, Play } from "./play.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { type RecoveryServer, startRecoveryServer } from "./server.ts";

/** What the simulator's texts have in the place of a key (simulated.ts). */
const SIMULATED_KEY = "simulated";
const ALARMS: ReadonlySet<string> = new Set(["timers", "prune"]);
/** Plays at the same time: they mostly wait for alarms. */
const AT_ONCE = 32;
const TRIES = 4;

interface Played {
  scenario: Scenario;
  /** Without a crash. */
  calm: Outcome;
  crashed: { fault: Fault; outcome: Outcome }[];
}

let model: ModelServer;
let server: RecoveryServer;
let all: Played[];
let simulated: Map<string, Event[] | null>;

beforeAll(async () => {
  model = await startModelServer();
  server = await startRecoveryServer(model.url);
  simulated = await simulate();
  all = await playAll(new Anthropic({ baseURL: server.url, apiKey: server.key, maxRetries: 10 }));
}, 600_000);

afterAll(async () => {
  await server?.stop();
  await model?.close();
});

/** Each scenario undisturbed, then every scenario once per write and side of it. */
async function playAll(sdk: Anthropic): Promise<Played[]> {
  const environment = (await sdk.beta.environments.create({ name: "recovery" })).id;
  const calm = await pooled([...SCENARIOS], async (scenario) => {
    const tools = scenario.tools as Anthropic.Beta.AgentCreateParams["tools"];
    const { id } = await sdk.beta.agents.create({ name: scenario.name, model: "claude-sonnet-5-5", tools });
    const play = (fault: Fault | null) =>
      new Play({ sdk, model, url: server.url, scenario }).run(id, environment, fault);
    return { scenario, play, calm: await play(null), crashed: [] as Played["crashed"] };
  });
  const runs = calm.flatMap((one, i) => wanted(one.calm, i).map((fault) => ({ one, fault })));
  await pooled(runs, async ({ one, fault }) => one.crashed.push({ fault, outcome: await delivered(one.play, fault) }));
  return calm;
}

/** What alarms write falls between other writes where time wills: a run that had fewer of them never came to the place, and is played again. */
async function delivered(play: (fault: Fault) => Promise<Outcome>, fault: Fault): Promise<Outcome> {
  let outcome = await play(fault);
  for (let again = 1; again < TRIES && outcome.life.crashedAt === null; again++) outcome = await play(fault);
  return outcome;
}

/**
 * Where a scenario is crashed: before and after all its writes and effects. What alarms write for themselves is the same everywhere, so the first
 * scenario stands for all; after an answer has come the next thing is a write, before which it dies anyway.
 */
function wanted(calm: Outcome, scenario: number): Fault[] {
  return [...calm.life.writes.entries()].flatMap(([at, label]): Fault[] => {
    if (scenario > 0 && ALARMS.has(label)) return [];
    const before: Fault = { at, when: "before" };
    return label.endsWith(" answered") ? [before] : [before, { at, when: "after" }];
  });
}

async function pooled<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

describe("a crash at each write", () => {
  it.each(SCENARIOS.map(({ name }, i) => [name, i] as const))("of %s changes nothing", (_, i) => {
    const { calm, crashed } = all[i] as Played;
    expect(calm.life.crashedAt).toBeNull();
    for (const { fault, outcome } of crashed) {
      const where = `${fault.when} write ${fault.at} (${calm.life.writes[fault.at]})`;
      expect({ where, ...told(outcome) }).toEqual({ where, ...told(calm) });
      expect(outcome.refused, where).toEqual([]);
      // One crash repeats one request at most, with the same bytes.
      expect(outcome.requests.length, where).toBeLessThanOrEqual(calm.requests.length + 1);
      expect(new Set(outcome.requests).size, where).toBe(new Set(calm.requests).size);
    }
  });

  it.each(SCENARIOS.map(({ name }, i) => [name, i] as const))("of %s was delivered, at each kind of write", (_, i) => {
    const { calm, crashed } = all[i] as Played;
    const died = crashed.filter(({ outcome }) => outcome.life.crashedAt !== null);
    count({ scenarios: 1, aborts: died.length, logs: crashed.length });
    for (const { fault } of died) count({ [`at ${fault.when} ${calm.life.writes[fault.at]}`]: 1 });
    const hit = died.map(({ fault }) => `${fault.when} ${calm.life.writes[fault.at]}`);
    const meant = wanted(calm, i).map(({ at, when }) => `${when} ${calm.life.writes[at]}`);
    expect([...new Set(hit)].toSorted()).toEqual([...new Set(meant)].toSorted());
  });
});

function told({ events, marks, key }: Outcome): { lines: string[] | null; marks: string[] } {
  return { lines: events && masked(events, key).lines, marks };
}

describe("the simulator's log", () => {
  it.each(SCENARIOS.map(({ name }, i) => [name, i] as const))("of %s is that of workerd", (name, i) => {
    const { events, key } = (all[i] as Played).calm;
    const theirs = simulated.get(name);
    if (!events || !theirs) return expect(theirs).toBe(events);
    const lines = masked(withoutOutput(theirs), SIMULATED_KEY).lines;
    expect(lines).toEqual(masked(withoutOutput(events), key).lines);
  });
});

/** Each scenario's events, from a thread that plays them on the simulator. */
async function simulate(): Promise<Map<string, Event[] | null>> {
  const events = new Map<string, Event[] | null>();
  const worker = new Worker(resolve(import.meta.dirname, "simulated.ts"));
  worker.on("message", (one: { name: string; events: Event[] | null }) => events.set(one.name, one.events));
  await once(worker, "exit");
  return events;
}

it("the undisturbed runs are worth comparing with: each has its events, and its commands ran", () => {
  const marks = Object.fromEntries(all.map(({ scenario, calm }) => [scenario.name, calm.marks]));
  expect(marks["two rounds of tools"]).toEqual(["m1", "m2", "m3"]);
  expect(marks["a call that a person allows and one that a person denies"]).toEqual(["m1"]);
  for (const { scenario, calm } of all) {
    if (scenario.name === "a deleted session") expect(calm.events).toBeNull();
    else expect(calm.events?.at(-1)?.type).toBe("session.status_idle");
  }
});

it("every effect of a turn was crashed at", () => {
  const points = new Set(all.flatMap(({ calm }) => calm.life.writes));
  for (const effect of ["model.request", "hand.warm", "hand.execute", "hand.remove"]) expect(points).toContain(effect);
});

it("a log with an event more, less or elsewhere is not the same", () => {
  const { events, key } = (all[2] as Played).calm;
  const lines = (list: typeof events) => masked(list ?? [], key).lines;
  const [first, second, ...rest] = events ?? [];
  if (!first || !second) throw new Error("the scenario has no events");
  expect(lines([first, second, ...rest])).toEqual(lines(events));
  expect(lines([second, ...rest])).not.toEqual(lines(events));
  expect(lines([first, first, second, ...rest])).not.toEqual(lines(events));
  expect(lines([second, first, ...rest])).not.toEqual(lines(events));
});

it("the production bundle holds no fault", () => {
  expect(server.bundles.test).toContain(MARK);
  expect(server.bundles.production).not.toContain(MARK);
});
