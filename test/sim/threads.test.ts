/**
 * Three threads of one session, made by hand: the primary one and the second child run commands, the first child waits for its client. The session
 * dies at every way out of an instance, and each thread is then judged like a session of its own (reliability.md §3.3).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Evaluations } from "../checker/check.ts";
import type { Dump } from "../checker/dump.ts";
import { rollUpViolations, threadViews } from "../checker/threads.ts";
import type { Answer } from "./model-server.ts";
import type { Choice, Played, Scene } from "./schedule.ts";

/** Schedules of the scene that are crashed at everywhere. */
const ORDERS = 2;
/** Rounds of commands in a thread that runs them. */
const ROUNDS = 2;
const PRIMARY = "go on";
const ASKING = "Task 1.";
const RUNNING = "Task 2.";

const SCENE: Scene = {
  children: 2,
  cents: 500,
  intents: [
    { do: "say", text: PRIMARY, more: null, system: false, remote: false, keyed: true },
    { do: "read", from: "start" },
    { do: "update", title: "title 1", cents: 900, tools: "fewer" },
    ...Array.from({ length: 8 }, () => ({ do: "answer", allow: true, order: "all" }) as const),
    { do: "walk", order: "asc", types: null, limit: 3 },
  ],
  answer,
};
/** The same, but that all threads are stopped while they work. */
const STOPPED: Scene = {
  ...SCENE,
  intents: [...SCENE.intents.slice(0, 3), { do: "interrupt" }, ...SCENE.intents.slice(3)],
};

/** The child that asks has one call of its client's tool, the others have rounds of commands. */
function answer(body: string): Answer {
  const { messages } = JSON.parse(body) as { messages: { role: string }[] };
  const round = messages.filter(({ role }) => role === "assistant").length;
  const task = [ASKING, RUNNING].find((one) => body.includes(one)) ?? PRIMARY;
  if (round >= (task === ASKING ? 1 : ROUNDS))
    return { how: "complete", blocks: [{ type: "text", text: `did ${task}` }] };
  const id = `toolu_${[PRIMARY, ASKING, RUNNING].indexOf(task)}_${round}`;
  const name = task === ASKING ? "ask_user" : "bash";
  return { how: "complete", blocks: [{ type: "tool_use", id, name, input: { command: `${task} ${round}` } }] };
}

let stop: () => void;
let dry: Played[];
let crashed: { where: string; played: Played }[];
let stopped: typeof crashed;
beforeAll(async () => {
  stop = (await import("./globals.ts")).install();
  const { play } = await import("./schedule.ts");
  dry = [];
  crashed = [];
  stopped = [];
  for (let seed = 1; dry.length < ORDERS; seed++) {
    const calm = { seed, kinds: new Set<never>(), scene: SCENE };
    const one = await play(calm);
    if (!sideBySide(one.dump)) continue;
    dry.push(one);
    crashed.push(...(await everywhere(one, calm)));
    const halted = { ...calm, scene: STOPPED };
    stopped.push(...(await everywhere(await play(halted), halted)));
  }
}, 120_000);
afterAll(() => stop());

/** A scene, crashed at each of the points that it has when it is not. */
async function everywhere({ points }: Played, choice: Choice): Promise<typeof crashed> {
  const { play } = await import("./schedule.ts");
  const all: typeof crashed = [];
  for (const [at, { label, when }] of points.entries())
    all.push({
      where: `seed ${choice.seed}, ${label} ${when} (${at})`,
      played: await play({ ...choice, crashAt: [at] }),
    });
  return all;
}

/** Whether at some time two threads had a command at work while the third waited for its client. */
function sideBySide(dump: Dump): boolean {
  const status = new Map<number, string>();
  const commands = new Set<string>();
  const owner = new Map<string, number>();
  for (const row of dump.inside?.rows ?? []) {
    const body = JSON.parse(row.body) as { session_thread_id?: string; tool_use_id?: string };
    const told = /^session\.thread_status_(\w+)$/.exec(row.type)?.[1];
    if (told) status.set(row.thread, told);
    if (row.type === "agent.tool_use") {
      owner.set(row.id, row.thread);
      commands.add(row.id);
    }
    if (row.type === "agent.tool_result") commands.delete(body.tool_use_id ?? "");
    const busy = new Set([...commands].map((id) => owner.get(id)));
    if (status.get(1) === "idle" && busy.has(0) && busy.has(2)) return true;
  }
  return false;
}

/** What each thread's own events of the conversation are. */
const saidBy = ({ dump }: Played) =>
  threadViews(dump).map(({ events }) => events.map(({ type }) => type).filter((type) => /^(agent|user)\./.test(type)));

test("undisturbed, each thread does its work and the session ends idle", () => {
  for (const { dump, troubles } of dry) {
    expect(troubles).toEqual([]);
    expect(dump.threads?.map(({ status }) => status)).toEqual(["idle", "idle", "idle"]);
    expect(dump.hand.map(({ runs }) => runs)).toEqual(Array(2 * ROUNDS).fill(1));
  }
});

test("a crash anywhere breaks no invariant in any thread", () => {
  const evaluations = new Evaluations();
  const wrong = [...crashed, ...stopped].flatMap(({ where, played }) =>
    [...evaluations.check(played.dump), ...played.troubles].map((said) => `${where}: ${said}`),
  );
  expect(wrong.slice(0, 5)).toEqual([]);
  expect(crashed.length).toBeGreaterThan(ORDERS * 60);
  expect(stopped.length).toBeGreaterThan(ORDERS * 40);
  expect(evaluations.never).toEqual([]);
});

test("after a crash every thread still ends its work, and no command ran twice", () => {
  for (const { where, played } of crashed) {
    if (played.dump.threads === undefined) continue;
    const statuses = played.dump.threads.map(({ status }) => status);
    expect({ where, statuses }).toEqual({ where, statuses: ["idle", "idle", "idle"] });
    expect(Math.max(...played.dump.hand.map(({ runs }) => runs)), where).toBe(1);
    const [primary, asking, running] = saidBy(played).map((types) => types.at(-1));
    // The client's answers may be over before the crash is: the call then waits on, and a message that comes only then is refused.
    expect(["agent.message", "agent.custom_tool_use"], where).toContain(asking);
    const refused = played.dump.posts.some(({ refused, events }) => refused && events[0]?.type === "user.message");
    expect({ where, primary, running }).toEqual({
      where,
      primary: refused ? undefined : "agent.message",
      running: "agent.message",
    });
  }
});

/** What a spoiled dump is told for. */
function spoiled(spoil: (dump: Dump) => void): string[] {
  const dump = structuredClone((dry[0] as Played).dump);
  spoil(dump);
  return [
    ...new Set(
      new Evaluations().check(dump).map((said) => said.replace(/:.*\((thread \d)\)$/, " in $1").replace(/:.*/, "")),
    ),
  ];
}

test("an interrupt of one thread ends the turn of that thread alone", async () => {
  const { play } = await import("./schedule.ts");
  const { childId } = await import("./threads.ts");
  const stop = { do: "interrupt", thread: childId(2) } as const;
  const scene = { ...SCENE, intents: [...SCENE.intents.slice(0, 1), stop, ...SCENE.intents.slice(1)] };
  let stoppedAtWork = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const played = await play({ seed, kinds: new Set<never>(), scene });
    expect([...new Evaluations().check(played.dump), ...played.troubles], `seed ${seed}`).toEqual([]);
    const [primary, , running] = saidBy(played);
    expect(primary?.at(-1), `seed ${seed}`).toBe("agent.message");
    expect(primary, `seed ${seed}`).not.toContain("user.interrupt");
    if (running?.includes("user.interrupt") && !running.includes("agent.message")) stoppedAtWork += 1;
  }
  expect(stoppedAtWork).toBeGreaterThan(3);
});

test("a defect in one thread is told of that thread", () => {
  const child = (dump: Dump) => dump.threads?.[2] as NonNullable<Dump["threads"]>[number];
  const drop = (dump: Dump, type: string) => {
    const { events } = child(dump);
    events.splice(
      events.findIndex((event) => event.type === type),
      1,
    );
  };
  expect(spoiled(() => undefined)).toEqual([]);
  expect(spoiled((dump) => drop(dump, "agent.tool_result"))).toContain("I2 in thread 2");
  expect(spoiled((dump) => child(dump).events.push(...child(dump).events.slice(-1)))).not.toEqual([]);
  expect(threadViews((dry[0] as Played).dump)).toHaveLength(3);
});

test("a session that says idle while a thread works is told", () => {
  const { dump } = dry[0] as Played;
  expect(rollUpViolations(dump)).toEqual([]);
  const early = structuredClone(dump);
  const rows = early.inside?.rows ?? [];
  const idle = rows.splice(
    rows.findLastIndex(({ type }) => type === "session.status_idle"),
    1,
  );
  rows.splice(
    rows.findIndex(({ type }) => type === "agent.tool_use"),
    0,
    ...idle,
  );
  expect(rollUpViolations(early).join()).toContain("says idle while a thread works");
  const unfounded = structuredClone(dump);
  const all = unfounded.inside?.rows ?? [];
  const running = all.splice(
    all.findIndex(({ type }) => type === "session.status_running"),
    1,
  );
  all.push(...running);
  expect(rollUpViolations(unfounded).join()).toContain("no thread begins");
});
