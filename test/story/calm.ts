/** The simulator's world without chance: nothing fails that a test does not break, and nothing happens before it is called for. */
import type { SessionInit } from "../../src/session/rpc.ts";
import { give, install } from "../sim/globals.ts";
import type { Life } from "../sim/life.ts";
import type { Answer } from "../sim/model-server.ts";
import { Random } from "../sim/random.ts";
import { World } from "../sim/world.ts";

const SEED = 5;

/** Has the simulator's clock, chance and timers between the two hooks; worlds are used one by one. */
export function simulated(before: (set: () => void) => void, after: (reset: () => void) => void): void {
  let stop = () => {};
  before(() => {
    stop = install();
  });
  after(() => {
    give(null);
    stop();
  });
}

export interface Calm {
  init: SessionInit;
  /** What the model says to its next request. */
  answer(): Answer;
  /** May throw in the place of a statement. */
  statement?(query: string, life: Life, world: World): void;
  /** What is put off with `setTimeout`. */
  later(run: () => void, world: World): void;
  /** In the place of the simulator's catalog. */
  db?(world: () => World): D1Database;
}

export function calmWorld({ init, answer, statement = () => {}, later, db }: Calm): World {
  const random = new Random(SEED);
  const world: World = new World(
    init,
    {
      point: () => {},
      statement: (query, life) => statement(query, life, world),
      answer,
      deaf: () => false,
      handFails: () => null,
      committed: () => {},
    },
    db ? { db: db(() => world) } : {},
  );
  give({
    now: () => world.now,
    fill: (bytes) => random.fill(bytes),
    later: (run) => later(run, world),
    line: (text) => void world.lines.push(text),
  });
  return world;
}
