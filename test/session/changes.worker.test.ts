/** Sessions that are changed, in workerd: what an update said outlives every instance, and paused work needs none that was there before. */
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { SessionInit } from "../../src/session/rpc.ts";
import { remoteModelServer } from "../support/model-server/remote.ts";
import { type Event, events, message, object, sandboxed, sender } from "../support/session-object.ts";

const model = remoteModelServer(env.ANTHROPIC_BASE_URL ?? "");
const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const;
const lookup = { type: "custom", name: "lookup", description: "Looks up.", input_schema: { type: "object" } } as const;
/** Passes a cap of one cent at the price of Opus 5.5. */
const DEAR = { output_tokens: 2_000 };

const begun = (more: Partial<SessionInit> = {}) => sandboxed({ title: "first", metadata: { a: "1" }, ...more });

async function idles(id: string, count: number): Promise<Event[]> {
  for (let i = 0; i < 1000; i++) {
    const found = await events(id);
    if (found.filter((event) => event.type === "session.status_idle").length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain: ${(await events(id)).map((event) => event.type).join(" ")}`);
}
const stop = (found: { type: string; [key: string]: unknown }[]) =>
  (found.findLast((event) => event.type === "session.status_idle")?.stop_reason as { type: string } | undefined)?.type;

test("a session paused by its budget goes on in another instance, with the same prompt and nothing run twice", async () => {
  const key = crypto.randomUUID();
  await model.script(key, [
    {
      blocks: [{ type: "tool_use", name: "bash", input: { command: "echo x >> /workspace/n; cat /workspace/n" } }],
      usage: DEAR,
    },
    { blocks: [{ type: "text", text: "done" }] },
  ]);
  const session = begun({ budget: limit("1") });
  await object(session.id).create(session, [message(`[script:${key}] go`)], sender());
  expect(stop(await idles(session.id, 1))).toBe("budget_reached");
  await abortAllDurableObjects();
  const low = await object(session.id).update("default", { budget: limit("4") });
  expect(low).toMatchObject({ ok: false, error: { status: 400, code: "budget_not_raised" } });
  await abortAllDurableObjects();
  expect(await object(session.id).update("default", { budget: limit("500") })).toMatchObject({
    ok: true,
    value: { status: "running", budget: limit("500") },
  });
  // The next instance has only the alarm of the commit that took the work up again.
  await abortAllDurableObjects();
  await runDurableObjectAlarm(env.SESSION.getByName(session.id));
  const found = await idles(session.id, 2);
  expect(stop(found)).toBe("end_turn");
  expect(found.filter((event) => event.type === "agent.tool_result")).toMatchObject([{ content: [{ text: "x" }] }]);
  expect((await model.journal({ key })).every((entry) => entry.verdict === null)).toBe(true);
});

test("what was changed is read from the log by every instance, and an update may be sent again", async () => {
  const key = crypto.randomUUID();
  await model.script(key, [{ blocks: [{ type: "text", text: "a" }] }, { blocks: [{ type: "text", text: "b" }] }]);
  const session = begun({ budget: limit("900") });
  const patch = { title: null, metadata: { a: null, b: "2" }, budget: limit("800"), agent: { tools: [{ ...lookup }] } };
  await object(session.id).create(session, [message(`[script:${key}] one`)], sender());
  await idles(session.id, 1);
  const first = await object(session.id).update("default", patch);
  await abortAllDurableObjects();
  const again = await object(session.id).update("default", patch);
  const shown = {
    title: null,
    metadata: { b: "2" },
    budget: limit("800"),
    agent: { ...session.agent, tools: [lookup] },
  };
  expect([first, again]).toMatchObject([
    { ok: true, value: shown },
    { ok: true, value: shown },
  ]);
  expect((await events(session.id)).filter((event) => event.type === "session.updated")).toMatchObject([shown]);
  await abortAllDurableObjects();
  await object(session.id).emitEvents("default", [message("two")], sender());
  await idles(session.id, 2);
  const sent = (await model.journal({ key })).map(async ({ index }) =>
    new TextDecoder().decode(await model.body(index)),
  );
  const bodies = (await Promise.all(sent)).map((body) => JSON.parse(body) as { tools: object[]; messages: object[] });
  const [one, two] = bodies;
  expect(two?.tools).toEqual(one?.tools);
  expect(two?.messages.at(-1)).toMatchObject({
    role: "system",
    content: [
      ...["bash", "read", "write", "edit", "glob", "grep"].map((name) => ({ type: "tool_removal", tool: { name } })),
      { type: "tool_addition", tool: { definition: { name: "lookup" } } },
    ],
  });
  expect(await object(session.id).update("other", patch)).toMatchObject({ ok: false, error: { status: 404 } });
});
