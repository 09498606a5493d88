/** The sessions of one block: made, asked for by the catalog, and checked. */
import { setTimeout as sleep } from "node:timers/promises";
import type Anthropic from "@anthropic-ai/sdk";
import type { Evaluations } from "../checker/check.ts";
import type { Random } from "../sim/random.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import type { Entry } from "../support/model-server/journal.ts";
import { Subject } from "./subject.ts";
import { LONG } from "./talk.ts";
import type { Tally } from "./tally.ts";
import type { Target } from "./target.ts";

/** Every so many sessions nobody visits one after its first message: its alarm alone ends its turn. */
const LONELY = 4;
const LOOK_MS = 100;
const LISTED_MS = 30_000;

export interface Field {
  number: number;
  sessions: number;
  clients: number;
  storm: boolean;
  target: Target;
  operator: Anthropic;
  model: ModelServer;
  random: Random;
  tally: Tally;
  evaluations: Evaluations;
}

export interface Subjects {
  lonely: Subject[];
  busy: Subject[];
  doomed: Subject | null;
}

/** Sessions with their clients at work, the lonely ones with their only message, and one that waits for the storm. */
export async function begin(field: Field): Promise<Subjects> {
  const { operator, number } = field;
  field.model.reset();
  const [agent, environment] = await Promise.all([
    operator.beta.agents.create({
      name: `block ${number}`,
      model: "claude-sonnet-5-5",
      tools: [{ type: "agent_toolset_20260401" }],
    }),
    operator.beta.environments.create({ name: `block ${number} ${crypto.randomUUID()}` }),
  ]);
  const make = (name: string) => Subject.create({ ...field, name: `b${number}${name}` }, agent.id, environment.id);
  const subjects = await Promise.all(Array.from({ length: field.sessions }, (_, i) => make(`s${i}`)));
  const lonely = subjects.filter((_, i) => i % LONELY === LONELY - 1);
  const busy = subjects.filter((subject) => !lonely.includes(subject));
  const doomed = field.storm ? await make("storm") : null;
  await Promise.all(lonely.map((subject) => subject.clients[0]?.say(LONG)));
  // What the catalog says later is of this turn only if it has heard of this turn.
  await listed(field, lonely, "running", LISTED_MS);
  for (const subject of busy) subject.start();
  return { lonely, busy, doomed };
}

/** Waits until the catalog shows all of them so; comes back with those that it does not. */
export async function listed(field: Field, subjects: Subject[], status: string, ms: number): Promise<Subject[]> {
  for (const end = Date.now() + ms; ; await sleep(LOOK_MS)) {
    const found = new Set<string>();
    for await (const session of field.operator.beta.sessions.list({ limit: 100 }))
      if (session.status === status) found.add(session.id);
    const missing = subjects.filter(({ id }) => !found.has(id));
    if (missing.length === 0 || Date.now() > end) return missing;
  }
}

/** For each session whose model request was cut off: milliseconds from the port's first answer until it was sent again. */
export function nextRequests({ model, target }: Field, subjects: Subject[]): number[] {
  return subjects.flatMap((subject) => {
    const entries = entriesOf(model, subject);
    const next = entries.findIndex(({ at }) => at >= target.died);
    const [cut, again] = [entries[next - 1], entries[next]];
    return cut?.end === "left" && again ? [Math.max(0, again.at - target.listening)] : [];
  });
}

export async function check(field: Field, subjects: Subject[]): Promise<string[]> {
  const violations: string[] = [];
  for (const subject of subjects) {
    const entries = entriesOf(field.model, subject);
    const dump = await subject.dump(entries);
    field.tally.add(dump);
    const found = [
      ...field.evaluations.check(dump),
      ...subject.clients.flatMap((client) => client.refusals.map((text) => `a post was refused: ${text}`)),
      ...entries.flatMap(({ verdict }) => (verdict ? [`I10: ${verdict.message}`] : [])),
      ...subject.problems,
    ];
    violations.push(...found.map((violation) => `${subject.name} ${subject.id}: ${violation}`));
  }
  return violations;
}

function entriesOf(model: ModelServer, { name }: Subject): Entry[] {
  return model.journal.messages().filter(({ raw }) => raw?.includes(`[script:${name}.`));
}
