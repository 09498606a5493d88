/** Sessions that are changed, in workerd: what an update said outlives every instance, and paused work needs none that was there before. */
import { abortAllDurableObjects, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { say } from "../support/model-server/answer.ts";
import { begun, events, idles, message, model, object, sandboxed, sender } from "../support/session-object.ts";

const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const;
const lookup = { type: "custom", name: "lookup", description: "Looks up.", input_schema: { type: "object" } } as const;
/** Passes a cap of one cent at the price of Opus 5.5. */
const DEAR = { output_tokens: 2_000 };

const FIRST = { title: "first", metadata: { a: "1" } };
const stop = (found: { type: string; [key: string]: unknown }[]) =>
  (found.findLast((event) => event.type === "session.status_idle")?.stop_reason as { type: string } | undefined)?.type;

test("a session paused by its budget goes on in another instance, with the same prompt and nothing run twice", async () => {
  const command = "echo x >> /workspace/n; cat /workspace/n";
  const answers = [
    { blocks: [{ type: "tool_use" as const, name: "bash", input: { command } }], usage: DEAR },
    say("done"),
  ];
  const { id, key } = await begun(answers, sandboxed({ ...FIRST, budget: limit("1") }));
  expect(stop(await idles(id))).toBe("budget_reached");
  await abortAllDurableObjects();
  const low = await object(id).update("default", { budget: limit("4") });
  expect(low).toMatchObject({ ok: false, error: { status: 400, code: "budget_not_raised" } });
  await abortAllDurableObjects();
  expect(await object(id).update("default", { budget: limit("500") })).toMatchObject({
    ok: true,
    value: { status: "running", budget: limit("500") },
  });
  // The next instance has only the alarm of the commit that took the work up again.
  await abortAllDurableObjects();
  await runDurableObjectAlarm(env.SESSION.getByName(id));
  const found = await idles(id, 2);
  expect(stop(found)).toBe("end_turn");
  expect(found.filter((event) => event.type === "agent.tool_result")).toMatchObject([{ content: [{ text: "x" }] }]);
  expect((await model.journal({ key })).every((entry) => entry.verdict === null)).toBe(true);
});

test("what was changed is read from the log by every instance, and an update may be sent again", async () => {
  const session = sandboxed({ ...FIRST, budget: limit("900") });
  const patch = { title: null, metadata: { a: null, b: "2" }, budget: limit("800"), agent: { tools: [{ ...lookup }] } };
  const { id, key } = await begun([say("a"), say("b")], session);
  await idles(id);
  const first = await object(id).update("default", patch);
  await abortAllDurableObjects();
  const again = await object(id).update("default", patch);
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
  expect((await events(id)).filter((event) => event.type === "session.updated")).toMatchObject([shown]);
  await abortAllDurableObjects();
  await object(id).emitEvents("default", [message("two")], sender());
  await idles(id, 2);
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
  expect(await object(id).update("other", patch)).toMatchObject({ ok: false, error: { status: 404 } });
});
