/** A session whose boots die of what they read, or cannot read it, ends its turn instead of spending (reliability.md C32, C33). */
import { expect, test } from "vitest";
import { refusal } from "../checker/messages.ts";
import { type Breaks, DONE, type Hand, handled, said, toolUse } from "../story/by-hand.ts";
import { END_TURN, error, fails, typesOf } from "../story/words.ts";
import type { World } from "./world.ts";

const { open } = handled();

const GIVEN_UP = typesOf(fails("@call", ""), error("unknown_error", "exhausted"), END_TURN);

/** A session in the middle of a tool use of its second turn, whose next boots do what `breaks` does to them. */
async function stuck(breaks: Breaks): Promise<Hand> {
  const hand = await open([DONE, toolUse("bash"), DONE], breaks);
  await hand.create();
  await hand.post([said("hello")]);
  await hand.flow();
  await hand.post([said("go")]);
  await hand.until("x.dispatch");
  return hand;
}

/** The lines for the operator, oldest first. */
const recoveries = (world: World) =>
  world.lines
    .filter((line) => line.includes('"event":"recovery"'))
    .map((line) => JSON.parse(line) as { decided: string });

const bodiesOf = (hand: Hand, type: string) =>
  hand.rows(type).map((row) => JSON.parse(row.body as string) as { usage: Tokens; model_usage: Tokens });
interface Tokens {
  input_tokens: number;
  output_tokens: number;
}

/** What the newest usage event says, and what the requests of the whole log add up to. */
function saidUsage(hand: Hand): Tokens {
  const { input_tokens, output_tokens } = bodiesOf(hand, "session.usage").at(-1)?.usage ?? {
    input_tokens: -1,
    output_tokens: -1,
  };
  return { input_tokens, output_tokens };
}
function sumOfRequests(hand: Hand): Tokens {
  const sum = { input_tokens: 0, output_tokens: 0 };
  for (const { model_usage: used } of bodiesOf(hand, "span.model_request_end")) {
    sum.input_tokens += used.input_tokens;
    sum.output_tokens += used.output_tokens;
  }
  return sum;
}

test("boots that run out of memory end in an error and idle, and the next message is answered", async () => {
  let dies = false;
  const hand = await stuck((query, life, inside) => {
    if (dies && life.booting && query.startsWith("SELECT k, seq, version, state FROM snap")) inside.crash(life);
  });
  const { world } = hand;
  expect(hand.status()).toBe("running");
  const bodies = world.model.bodies.length;
  dies = true;
  world.end("crash");
  for (let i = 0; i < 30 && hand.status() === "running"; i++) {
    world.now = Math.max(world.now, world.cell.alarm ?? 0);
    await world.through(world.alarms.fire());
  }
  // The ninth in a row ended the turn before it, too, died of the log; with nothing due, nobody calls a tenth.
  expect(world.lives.length).toBe(10);
  dies = false;
  expect(hand.types().slice(-5)).toEqual(GIVEN_UP);
  expect(world.model.bodies.length).toBe(bodies);
  expect(hand.rows("x.sealed").length).toBeGreaterThan(0);
  expect(saidUsage(hand)).toEqual(sumOfRequests(hand));
  expect(recoveries(world).at(-1)).toMatchObject({ decided: "seal", found: { open_calls: 1, dispatched: 1 } });
  await hand.post([said("again")]);
  await hand.alarms();
  expect(hand.types().at(-1)).toBe("session.status_idle");
  expect(hand.types()).toContain("agent.message");
  expect(world.model.bodies.map((body) => refusal(body.text))).toEqual(world.model.bodies.map(() => null));
});

test("a row that cannot be read ends the turn at the next boot, and the session alone is closed", async () => {
  const hand = await stuck(() => {});
  const bodies = hand.world.model.bodies.length;
  hand.sql("UPDATE events SET body = ? WHERE type = 'x.dispatch'", "not JSON");
  hand.world.end("crash");
  await hand.alarms();
  expect(hand.types().slice(-5)).toEqual(GIVEN_UP);
  expect(hand.world.model.bodies.length).toBe(bodies);
  expect(hand.status()).toBe("idle");
});
