/**
 * Layer C (reliability.md §3.4): the real Worker in workerd, its Session object killed before and after every write and effect of every story.
 * What the log says in the end must be what an undisturbed run says, here and in the simulator, and every command must have run once.
 */
import { once } from "node:events";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Story } from "../story/format.ts";
import { type Event, matchLog } from "../story/match.ts";
import { count } from "../support/counts.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { MARK } from "./faults.ts";
import { masked, withoutOutput } from "./masked.ts";
import { type Fault, type Outcome, outcome as outcomeOf } from "./play.ts";
import { type RecoveryServer, startRecoveryServer } from "./server.ts";
import { DELETED, STORIES } from "./stories.ts";

const ALARMS: ReadonlySet<string> = new Set(["timers", "prune"]);
/** Plays at the same time: they mostly wait for alarms. */
const AT_ONCE = 32;
const TRIES = 4;

interface Played {
  story: Story;
  /** Without a crash. */
  calm: Outcome;
  crashed: { fault: Fault; outcome: Outcome }[];
}

let model: ModelServer;
let server: RecoveryServer;
let all: Played[];
let simulated: Map<string, Event[]>;

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

/** Each story undisturbed, then every story once per write and side of it. */
async function playAll(sdk: Anthropic): Promise<Played[]> {
  const environment = (await sdk.beta.environments.create({ name: "recovery" })).id;
  const calm = await pooled([...STORIES], async (story) => {
    const { tools } = story.agent;
    const { id: agent } = await sdk.beta.agents.create({ name: "story", model: "claude-sonnet-5-5", tools });
    const place = { sdk, model, url: server.url, agent, environment };
    const play = (fault: Fault | null) => outcomeOf(story, place, fault);
    return { story, play, calm: await play(null), crashed: [] as Played["crashed"] };
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
 * Where a story is crashed: before and after all its writes and effects. What alarms write for themselves is the same everywhere, so the first
 * story stands for all; after an answer has come the next thing is a write, before which it dies anyway.
 */
function wanted(calm: Outcome, story: number): Fault[] {
  return [...calm.life.writes.entries()].flatMap(([at, label]): Fault[] => {
    if (story > 0 && ALARMS.has(label)) return [];
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
  it.each(STORIES.map(({ name }, i) => [name, i] as const))("of %s changes nothing", (_, i) => {
    const { story, calm, crashed } = all[i] as Played;
    expect(calm.life.crashedAt).toBeNull();
    matchLog(calm.events ?? [], story.expected, calm.names);
    for (const { fault, outcome } of crashed) {
      const where = `${fault.when} write ${fault.at} (${calm.life.writes[fault.at]})`;
      expect({ where, ...told(outcome) }).toEqual({ where, ...told(calm) });
      expect(outcome.refused, where).toEqual([]);
      // One crash repeats one request at most, with the same bytes.
      expect(outcome.requests.length, where).toBeLessThanOrEqual(calm.requests.length + 1);
      expect(new Set(outcome.requests).size, where).toBe(new Set(calm.requests).size);
    }
  });

  it.each(STORIES.map(({ name }, i) => [name, i] as const))("of %s was delivered, at each kind of write", (_, i) => {
    const { calm, crashed } = all[i] as Played;
    const died = crashed.filter(({ outcome }) => outcome.life.crashedAt !== null);
    count({ scenarios: 1, aborts: died.length, logs: crashed.length });
    for (const { fault } of died) count({ [`at ${fault.when} ${calm.life.writes[fault.at]}`]: 1 });
    const hit = died.map(({ fault }) => `${fault.when} ${calm.life.writes[fault.at]}`);
    const meant = wanted(calm, i).map(({ at, when }) => `${when} ${calm.life.writes[at]}`);
    expect([...new Set(hit)].toSorted()).toEqual([...new Set(meant)].toSorted());
  });
});

function told({ events, marks }: Outcome): { lines: string[] | null; marks: string[] } {
  return { lines: events && masked(events).lines, marks };
}

describe("the simulator's log", () => {
  it.each(STORIES.map(({ name }, i) => [name, i] as const))("of %s is that of workerd", (name, i) => {
    const { events } = (all[i] as Played).calm;
    const theirs = simulated.get(name);
    if (name === DELETED) return expect([theirs, events]).toEqual([[], null]);
    expect(masked(withoutOutput(theirs ?? [])).lines).toEqual(masked(withoutOutput(events ?? [])).lines);
  });
});

/** Each story's events, from a thread that plays them on the simulator. */
async function simulate(): Promise<Map<string, Event[]>> {
  const events = new Map<string, Event[]>();
  const worker = new Worker(resolve(import.meta.dirname, "simulated.ts"));
  worker.on("message", (one: { name: string; events: Event[] }) => events.set(one.name, one.events));
  await once(worker, "exit");
  return events;
}

it("the undisturbed runs are worth comparing with: each has its events, and its commands ran", () => {
  const marks = Object.fromEntries(all.map(({ story, calm }) => [story.name, calm.marks]));
  expect(marks["two rounds of tools"]).toEqual(["m1", "m2", "m3"]);
  expect(marks["a call that a person allows and one that a person denies"]).toEqual(["m1"]);
  for (const { story, calm } of all) {
    if (story.name === DELETED) expect(calm.events).toBeNull();
    else expect(calm.events?.at(-1)?.type).toBe("session.status_idle");
  }
});

it("every effect of a turn was crashed at", () => {
  const points = new Set(all.flatMap(({ calm }) => calm.life.writes));
  for (const effect of ["model.request", "hand.warm", "hand.execute", "hand.remove"]) expect(points).toContain(effect);
});

it("a log with an event more, less or elsewhere is not the same", () => {
  const { events } = (all[2] as Played).calm;
  const lines = (list: typeof events) => masked(list ?? []).lines;
  const [first, second, ...rest] = events ?? [];
  if (!first || !second) throw new Error("the story has no events");
  expect(lines([first, second, ...rest])).toEqual(lines(events));
  expect(lines([second, ...rest])).not.toEqual(lines(events));
  expect(lines([first, first, second, ...rest])).not.toEqual(lines(events));
  expect(lines([second, first, ...rest])).not.toEqual(lines(events));
});

it("the production bundle holds no fault", () => {
  expect(server.bundles.test).toContain(MARK);
  expect(server.bundles.production).not.toContain(MARK);
});
