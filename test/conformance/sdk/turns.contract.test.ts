/** What a turn can come to, driven through the SDK (spec/core.md §4.3–§4.8). Every rule of the validator has to have something to judge here. */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { faultTests } from "./faults.ts";
import { FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, open, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { RULE_IDS, reportRules } from "./rules.ts";

const lab = useLab();
const custom = (name: string) => ({
  type: "custom" as const,
  name,
  description: "Looks something up.",
  input_schema: { type: "object" as const, properties: { place: { type: "string" } } },
});
const toolset = { type: "agent_toolset_20260401" as const };
const gated = {
  ...toolset,
  configs: [{ name: "bash" as const, permission_policy: { type: "always_ask" as const } }],
};
const calls = (...uses: [name: string, input: Record<string, unknown>][]) => ({
  blocks: uses.map(([name, input]) => ({ type: "tool_use" as const, name, input })),
});
const bash = (command: string): [string, Record<string, unknown>] => ["bash", { command }];
const text = (content: unknown) => JSON.stringify(content);

describe.each(FORMS)("$name", (form) => {
  test("tools run on a real machine, and its files outlast the turn", async () => {
    const client = lab.client(form);
    const session = await lab.session(client, { tools: [toolset] });
    const prompt = lab.script(
      calls(bash("echo forty two > answer.txt && pwd"), ["read", { file_path: "/workspace/answer.txt" }]),
      say("Written."),
      calls(["grep", { pattern: "two", path: "/workspace" }]),
      say("Found."),
    );
    const first = await turn(client, session.id, [message(prompt)]);
    const results = first.of("agent.tool_result");
    expect(results.map(({ is_error }) => is_error)).toEqual([false, false]);
    expect(results.map(({ tool_use_id }) => tool_use_id)).toEqual(first.of("agent.tool_use").map(({ id }) => id));
    expect(text(results[0]?.content)).toContain("/workspace");
    expect(text(results[1]?.content)).toContain("forty two");
    const second = await turn(client, session.id, [message("And now?")]);
    expect(text(second.of("agent.tool_result")[0]?.content)).toContain("answer.txt:1:forty two");
  });

  test("a custom tool is the client's: the session waits, and takes each answer once", async () => {
    const client = lab.client(form);
    const session = await lab.session(client, { tools: [custom("weather"), custom("time")] });
    const { events } = client.beta.sessions;
    const prompt = lab.script(calls(["weather", { place: "Oslo" }], ["time", { place: "Oslo" }]), say("Mild."));
    const reader = await open(client, session.id);
    await events.send(session.id, { events: [message(prompt)] });
    const idle = await reader.idle();
    const [weather, time] = reader.of("agent.custom_tool_use");
    expect(weather).toMatchObject({ name: "weather", input: { place: "Oslo" } });
    const ids = [weather?.id ?? "", time?.id ?? ""];
    expect(idle.stop_reason).toEqual({ type: "requires_action", event_ids: ids });
    const early = await refused(events.send(session.id, { events: [message("Hello?")] }), Anthropic.BadRequestError);
    for (const id of ids) expect(early.message).toContain(id);

    const answer = (id: string, says: string) => ({
      type: "user.custom_tool_result" as const,
      custom_tool_use_id: id,
      content: [{ type: "text" as const, text: says }],
    });
    // The later call's answer waits behind the earlier one's, and both stay advertised.
    const late = await events.send(session.id, { events: [answer(ids[1] ?? "", "Noon")] });
    expect(late.data?.[0]).not.toHaveProperty("processed_at");
    await refused(events.send(session.id, { events: [answer(ids[1] ?? "", "One")] }), Anthropic.BadRequestError);
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("idle");
    const now = await events.send(session.id, { events: [answer(ids[0] ?? "", "12 degrees")] });
    expect(now.data?.[0]).toMatchObject({ processed_at: expect.any(String) });
    expect((await reader.idle(2)).stop_reason).toEqual({ type: "end_turn" });
    await refused(events.send(session.id, { events: [answer(ids[0] ?? "", "13")] }), Anthropic.BadRequestError);
    reader.close();
    expect(reader.of("user.custom_tool_result").map(({ custom_tool_use_id }) => custom_tool_use_id)).toEqual(ids);
    const [, second] = lab.model.journal.messages().slice(-2);
    expect(second?.raw?.toString()).toMatch(/12 degrees.*Noon/);
  });

  test("answering a subset asks again for the rest", async () => {
    const client = lab.client(form);
    const session = await lab.session(client, { tools: [custom("weather"), custom("time")] });
    const reader = await open(client, session.id);
    const prompt = lab.script(calls(["weather", {}], ["time", {}]), say("Done."));
    await client.beta.sessions.events.send(session.id, { events: [message(prompt)] });
    await reader.idle();
    const [weather, time] = reader.of("agent.custom_tool_use").map(({ id }) => id);
    const answer = (id = "") => ({
      events: [{ type: "user.custom_tool_result" as const, custom_tool_use_id: id, is_error: true }],
    });
    await client.beta.sessions.events.send(session.id, answer(weather));
    expect((await reader.idle(2)).stop_reason).toEqual({ type: "requires_action", event_ids: [time] });
    await client.beta.sessions.events.send(session.id, answer(time));
    expect((await reader.idle(3)).stop_reason).toEqual({ type: "end_turn" });
    reader.close();
  });

  test("an ask-gated call waits for its verdict, and its batch with it", async () => {
    const client = lab.client(form);
    const session = await lab.session(client, { tools: [gated] });
    const { events } = client.beta.sessions;
    const prompt = lab.script(
      calls(bash("echo first"), ["glob", { pattern: "*" }], bash("echo second")),
      say("As you wish."),
    );
    const reader = await open(client, session.id);
    await events.send(session.id, { events: [message(prompt)] });
    const idle = await reader.idle();
    const [first, glob, second] = reader.of("agent.tool_use");
    expect([first, glob, second].map((use) => use?.evaluated_permission)).toEqual(["ask", "allow", "ask"]);
    expect(idle.stop_reason).toEqual({ type: "requires_action", event_ids: [first?.id, second?.id] });
    expect(reader.of("agent.tool_result")).toEqual([]);
    const verdict = (id = "", result: "allow" | "deny", deny?: string) => ({
      type: "user.tool_confirmation" as const,
      tool_use_id: id,
      result,
      ...(deny ? { deny_message: deny } : {}),
    });
    await refused(events.send(session.id, { events: [verdict(glob?.id, "allow")] }), Anthropic.BadRequestError);
    await events.send(session.id, {
      events: [verdict(first?.id, "allow"), verdict(second?.id, "deny", "Not that one.")],
    });
    expect((await reader.idle(2)).stop_reason).toEqual({ type: "end_turn" });
    reader.close();
    const results = reader.of("agent.tool_result");
    expect(results.map(({ is_error }) => is_error)).toEqual([false, false, true]);
    expect(text(results[0]?.content)).toContain("first");
    expect(text(results[2]?.content)).toContain("Not that one.");
  });

  test("an interrupt stops a model that is speaking", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    const reader = await open(client, session.id, ["agent.message"]);
    const speech = { type: "text" as const, text: "This would have gone on for a while.", chunks: 6 };
    const prompt = lab.script({ blocks: [speech], hold: "after_first_delta" });
    await client.beta.sessions.events.send(session.id, { events: [message(prompt)] });
    await lab.model.held();
    await reader.nth("event_delta");
    await client.beta.sessions.events.send(session.id, { events: [{ type: "user.interrupt" }] });
    expect((await reader.idle()).stop_reason).toEqual({ type: "end_turn" });
    expect(reader.of("agent.message")).toEqual([]);
    expect(reader.of("span.model_request_end")[0]?.is_error).toBe(true);
    await client.beta.sessions.events.send(session.id, { events: [message(lab.script(say("Stopped.")))] });
    await reader.idle(2);
    reader.close();
    expect(reader.of("user.interrupt").length).toBe(1);
  });

  test("an interrupt settles what runs and what waits, and a message beside it goes on", async () => {
    const client = lab.client(form);
    const session = await lab.session(client, { tools: [toolset, custom("weather")] });
    const { events } = client.beta.sessions;
    const reader = await open(client, session.id);
    const prompt = lab.script(calls(bash("sleep 60"), ["weather", {}]), say("I stopped."));
    await events.send(session.id, { events: [message(prompt)] });
    await reader.nth("span.model_request_end");
    await events.send(session.id, { events: [{ type: "user.interrupt" }, message("Something else, please.")] });
    await reader.idle(2);
    expect(reader.of("agent.tool_result").map(({ is_error }) => is_error)).toEqual([true]);
    expect(reader.of("user.custom_tool_result").map(({ is_error }) => is_error)).toEqual([true]);
    expect(reader.of("agent.message").map(({ content }) => content)).toEqual([[{ type: "text", text: "I stopped." }]]);
    const idle = await events.send(session.id, { events: [{ type: "user.interrupt" }] });
    expect(idle.data?.[0]).toMatchObject({ type: "user.interrupt", processed_at: expect.any(String) });
    reader.close();
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("idle");
  });

  test("an interrupt settles a wait for the client", async () => {
    const client = lab.client(form);
    const session = await lab.session(client, { tools: [custom("weather")] });
    const prompt = lab.script(calls(["weather", {}]), say("Fine."));
    await turn(client, session.id, [message(prompt)]);
    const reader = await turn(client, session.id, [{ type: "user.interrupt" }]);
    expect(reader.types()).toEqual([
      "user.custom_tool_result",
      "user.interrupt",
      "session.thread_status_idle",
      "session.usage",
      "session.status_idle",
    ]);
    const next = await turn(client, session.id, [message("Never mind.")]);
    expect(next.of("agent.message").length).toBe(1);
  });

  faultTests(lab, form);

  test("all at once: previews, thinking and a session deleted under its readers", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    const reader = await open(client, session.id, ["agent.message", "agent.thinking"]);
    const blocks = [
      { type: "thinking" as const, text: "Hm." },
      { type: "text" as const, text: "Well, yes.", chunks: 3 },
    ];
    await client.beta.sessions.events.send(session.id, { events: [message(lab.script({ blocks }))] });
    await reader.idle();
    await client.beta.sessions.delete(session.id);
    expect(await reader.ended()).toBe("clean");
    expect(reader.types().at(-1)).toBe("session.deleted");
  });
});

// Budgets have a file of their own.
reportRules(RULE_IDS.filter((rule) => rule !== "log.budget-reached"));
