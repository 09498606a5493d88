/** A batch of events is taken whole or not at all: the list of what the client sent, before and after. */
import fc from "fast-check";
import { bodiesOf } from "./bodies.ts";
import { aDamage, type Damage, damaged } from "./bytes.ts";
import { send } from "./http.ts";
import { anEdit, type Edit, edited } from "./json.ts";
import { judge } from "./oracle.ts";
import { BASE_HEADERS } from "./plans.ts";
import type { Totals } from "./totals.ts";
import { SECRETS, type World } from "./world.ts";

const EVENTS = "/v1/sessions/:id/events";
const SENT_TYPES = [
  "user.message",
  "user.interrupt",
  "user.tool_confirmation",
  "user.custom_tool_result",
  "user.tool_result",
  "user.define_outcome",
  "system.message",
];

export interface BatchPlan {
  body: string;
  damage: Damage;
}

const aBatch: fc.Arbitrary<BatchPlan> = fc
  .tuple(fc.constantFrom(...bodiesOf(EVENTS)), fc.array(anEdit, { maxLength: 3 }), aDamage)
  .map(([value, edits, damage]: [object, Edit[], Damage]) => ({ body: edited(value, edits), damage }));
export const someBatches = fc.array(aBatch, { minLength: 1, maxLength: 4 });

/** One after the other to a session of their own. */
export async function playBatches(plans: readonly BatchPlan[], world: World, totals: Totals): Promise<string[]> {
  const session = await world.session();
  const problems: string[] = [];
  let before = await sentEvents(world, session);
  for (const plan of plans) {
    const request = {
      method: "POST",
      target: `/v1/sessions/${session}/events`,
      headers: [...BASE_HEADERS, ["content-type", "application/json"]].map(([name, value]): [string, string] => [
        name as string,
        world.resolve(value as string),
      ]),
      body: damaged(Buffer.from(world.resolve(plan.body)), plan.damage),
      framing: "length" as const,
    };
    const reply = await send(world.url, request);
    problems.push(...judge({ request, reply, secrets: SECRETS }));
    if (typeof reply === "string") return problems;
    totals.count("batch", reply.status, reply.ms, request.target);
    const after = await sentEvents(world, session);
    problems.push(...compare(before, after, reply.status === 200 ? echoed(reply.body) : []));
    before = after;
  }
  return problems;
}

/** `echo` is what an accepted batch answered: exactly that must have come on top, in its order. */
export function compare(before: readonly string[], after: readonly string[], echo: readonly string[]): string[] {
  const known = new Set(before);
  const added = after.filter((id) => !known.has(id));
  const lost = before.filter((id) => !after.includes(id));
  const problems = lost.length > 0 ? [`events are gone: ${lost.join(", ")}`] : [];
  if (added.join() !== echo.join())
    problems.push(`stored [${added.join(", ")}], answered [${echo.join(", ")}]: not whole or nothing`);
  return problems;
}

function echoed(body: Buffer): string[] {
  const { data } = JSON.parse(body.toString("utf8")) as { data: { id: string }[] };
  return data.map(({ id }) => id);
}

async function sentEvents(world: World, session: string): Promise<string[]> {
  const types = SENT_TYPES.map((type) => `types[]=${type}`).join("&");
  const { data } = await world.call("GET", `/v1/sessions/${session}/events?${types}`);
  return (data as { id: string }[]).map(({ id }) => id);
}
