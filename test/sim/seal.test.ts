/** A session whose boots die of what they read, or cannot read it, ends its turn instead of spending (reliability.md C32, C33). */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Life } from "./life.ts";
import type { Answer } from "./model-server.ts";
import type { World } from "./world.ts";

const SENDER = { cred: "a", key: null, digest: "d", retry: 0 };
const tool: Answer = {
  how: "complete",
  blocks: [{ type: "tool_use", id: "toolu_1", name: "bash", input: { command: "x" } }],
};
const done: Answer = { how: "complete", blocks: [{ type: "text", text: "done" }] };

let stop: () => void;
let give: typeof import("./globals.ts").give;
let settled: typeof import("./globals.ts").settled;
beforeAll(async () => {
  const globals = await import("./globals.ts");
  ({ give, settled } = globals);
  stop = globals.install();
});
afterAll(() => {
  give(null);
  stop();
});

/** A session in the middle of a tool use of its second turn, whose next boots do what `statement` does to them. */
async function stuck(statement: (world: World, query: string, life: Life) => void): Promise<World> {
  const { World: Made } = await import("./world.ts");
  const { INIT } = await import("./init.ts");
  const { Random } = await import("./random.ts");
  const answers = [done, tool, done];
  const random = new Random(5);
  const world = new Made(INIT, {
    point: () => {},
    statement: (query, life) => statement(world, query, life),
    answer: () => answers.shift() ?? done,
    deaf: () => false,
    handFails: () => null,
    committed: () => {},
  });
  give({
    now: () => world.now,
    fill: (bytes) => random.fill(bytes),
    later: () => {},
    line: (text) => void world.lines.push(text),
  });
  await world.create([], SENDER);
  for (const text of ["hello", "go"]) {
    await say(world, text);
    for (let i = 0; i < 3; i++) {
      await settled();
      if (world.pending.arrivals.length > 0) world.pending.deliver(0);
    }
    await settled();
  }
  return world;
}

function say(world: World, text: string) {
  const content = new TextEncoder().encode(JSON.stringify([{ type: "text", text }]));
  return world.through(world.post([{ type: "user.message", body: "{}", content }], { ...SENDER, digest: text }));
}

/** Alarms alone, until none is set. */
async function alarms(world: World): Promise<number> {
  let fired = 0;
  for (; world.cell.alarm !== null && fired < 60; fired++) {
    world.now = Math.max(world.now, world.cell.alarm);
    await world.through(world.alarms.fire());
    for (let i = 0; i < 4; i++) {
      await settled();
      if (world.pending.arrivals.length > 0) world.pending.deliver(0);
    }
  }
  return fired;
}

/** The lines for the operator, oldest first. */
const recoveries = (world: World) =>
  world.lines
    .filter((line) => line.includes('"event":"recovery"'))
    .map((line) => JSON.parse(line) as { decided: string });

const types = (world: World) =>
  world.cell.sql
    .rows("events")
    .filter((row) => row.thread === 0)
    .map((row) => row.type);

const bodiesOf = (world: World, type: string) =>
  world.cell.sql
    .rows("events")
    .filter((row) => row.type === type)
    .map((row) => JSON.parse(row.body as string) as { usage: Tokens; model_usage: Tokens });
interface Tokens {
  input_tokens: number;
  output_tokens: number;
}

/** What the newest usage event says, and what the requests of the whole log add up to. */
function saidUsage(world: World): Tokens {
  const { input_tokens, output_tokens } = bodiesOf(world, "session.usage").at(-1)?.usage ?? {
    input_tokens: -1,
    output_tokens: -1,
  };
  return { input_tokens, output_tokens };
}
function sumOfRequests(world: World): Tokens {
  const sum = { input_tokens: 0, output_tokens: 0 };
  for (const { model_usage: used } of bodiesOf(world, "span.model_request_end")) {
    sum.input_tokens += used.input_tokens;
    sum.output_tokens += used.output_tokens;
  }
  return sum;
}

test("boots that run out of memory end in an error and idle, and the next message is answered", async () => {
  let dies = false;
  const world = await stuck((inside, query, life) => {
    if (dies && life.booting && query.startsWith("SELECT k, seq, version, state FROM snap")) inside.crash(life);
  });
  expect(world.cell.sql.rows("meta")[0]?.status).toBe("running");
  const bodies = world.model.bodies.length;
  dies = true;
  world.end("crash");
  for (let i = 0; i < 30 && world.cell.sql.rows("meta")[0]?.status === "running"; i++) {
    world.now = Math.max(world.now, world.cell.alarm ?? 0);
    await world.through(world.alarms.fire());
  }
  // The ninth in a row ended the turn before it, too, died of the log; with nothing due, nobody calls a tenth.
  expect(world.lives.length).toBe(10);
  dies = false;
  expect(types(world).slice(-5)).toEqual([
    "agent.tool_result",
    "session.error",
    "session.thread_status_idle",
    "session.usage",
    "session.status_idle",
  ]);
  expect(world.model.bodies.length).toBe(bodies);
  expect(world.cell.sql.rows("events").map((row) => row.type)).toContain("x.sealed");
  expect(saidUsage(world)).toEqual(sumOfRequests(world));
  expect(recoveries(world).at(-1)).toMatchObject({ decided: "seal", found: { open_calls: 1, dispatched: 1 } });
  await say(world, "again");
  await alarms(world);
  expect(types(world).at(-1)).toBe("session.status_idle");
  expect(types(world)).toContain("agent.message");
  const { refusal } = await import("../checker/messages.ts");
  expect(world.model.bodies.map((body) => refusal(body.text))).toEqual(world.model.bodies.map(() => null));
});

test("a row that cannot be read ends the turn at the next boot, and the session alone is closed", async () => {
  const world = await stuck(() => {});
  const bodies = world.model.bodies.length;
  world.cell.sql.exec("UPDATE events SET body = ? WHERE type = 'x.dispatch'", "not JSON");
  world.end("crash");
  await alarms(world);
  expect(types(world).slice(-5)).toEqual([
    "agent.tool_result",
    "session.error",
    "session.thread_status_idle",
    "session.usage",
    "session.status_idle",
  ]);
  expect(world.model.bodies.length).toBe(bodies);
  expect(world.cell.sql.rows("meta")[0]?.status).toBe("idle");
});
