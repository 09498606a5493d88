/** The SDK's own helpers over the same wire: folding previews, running custom tools, paging by itself. */
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { type AccumulatedEvent, accumulateManagedAgentsEvent } from "@anthropic-ai/sdk/lib/sessions/accumulate";
import { describe, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, open, send, turn } from "./reader.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();
/** Milliseconds after the end of the turn until the runner stops by itself. */
const RUNNER_IDLE_MS = 20;

const schema = { type: "object", properties: { place: { type: "string" } }, required: ["place"] } as const;
const definition = {
  type: "custom" as const,
  description: "The weather of a place.",
  input_schema: { ...schema, required: ["place"] },
};

describe.each(TWO_FORMS)("$name", (form) => {
  test("previews fold into a prefix of the message, and the message replaces them", async () => {
    const { client, session } = await lab.talk(form, { tools: [{ type: "agent_toolset_20260401" }] });
    const said = "One, two, three, four, five, six.";
    const answer = { blocks: [{ type: "text" as const, text: said, chunks: 8 }], pace: { first_ms: 0, gap_ms: 12 } };
    const { frames } = await turn(client, session.id, [message(lab.script(answer))], ["agent.message"]);
    const snapshots: AccumulatedEvent[] = [];
    for (const frame of frames) {
      const next = accumulateManagedAgentsEvent(snapshots.at(-1), frame);
      if (next && next !== snapshots.at(-1)) snapshots.push(next);
    }
    const texts = snapshots.map(({ content }) => content.map((block) => ("text" in block ? block.text : "")).join(""));
    expect(texts.length).toBeGreaterThan(3);
    expect(texts).toEqual([...texts].sort((a, b) => a.length - b.length));
    for (const text of texts) expect(said.startsWith(text)).toBe(true);
    expect(snapshots.at(-1)).toEqual(frames.find(({ type }) => type === "agent.message"));
  });

  test("a tool runner answers custom tools, its failures too, until the turn is over", async () => {
    const { client, session } = await lab.talk(form, {
      tools: [
        { ...definition, name: "weather" },
        { ...definition, name: "broken" },
      ],
    });
    const prompt = lab.script(
      { blocks: [{ type: "tool_use", name: "weather", input: { place: "Oslo" } }] },
      {
        blocks: [
          { type: "tool_use", name: "broken", input: { place: "Rome" } },
          { type: "tool_use", name: "weather", input: { place: "Rome" } },
        ],
      },
      say("Mild, and sunny."),
    );
    const asked: string[] = [];
    const weather = betaTool({
      name: "weather",
      description: definition.description,
      inputSchema: schema,
      run: ({ place }) => {
        asked.push(place);
        return `${place}: 12 degrees`;
      },
    });
    const broken = betaTool({
      name: "broken",
      description: definition.description,
      inputSchema: schema,
      run: () => {
        throw new Error("no thermometer");
      },
    });
    const runner = client.beta.sessions.events.toolRunner(session.id, {
      tools: [weather, broken],
      maxIdleMs: RUNNER_IDLE_MS,
    });
    await send(client, session.id, message(prompt));
    const done = [];
    for await (const call of runner) done.push([call.name, call.isError, call.posted]);
    expect(done.sort()).toEqual([
      ["broken", true, true],
      ["weather", false, true],
      ["weather", false, true],
    ]);
    expect(asked).toEqual(["Oslo", "Rome"]);
    const { data } = await client.beta.sessions.events.list(session.id);
    expect(data.at(-1)).toMatchObject({ type: "session.status_idle", stop_reason: { type: "end_turn" } });
    const results = data.filter((event) => event.type === "user.custom_tool_result");
    expect(results.map(({ is_error }) => is_error ?? false)).toEqual([false, true, false]);
    expect(JSON.stringify(results[1]?.content)).toContain("no thermometer");
  });

  test("a tool runner leaves the server's own tools alone", async () => {
    const { client, session } = await lab.talk(form, {
      tools: [{ type: "agent_toolset_20260401" }, { ...definition, name: "weather" }],
    });
    const prompt = lab.script(
      {
        blocks: [
          { type: "tool_use", name: "bash", input: { command: "echo here" } },
          { type: "tool_use", name: "weather", input: { place: "Oslo" } },
        ],
      },
      say("Both done."),
    );
    const weather = betaTool({
      name: "weather",
      description: definition.description,
      inputSchema: schema,
      run: () => "mild",
    });
    const reader = await open(client, session.id);
    const runner = client.beta.sessions.events.toolRunner(session.id, { tools: [weather], maxIdleMs: RUNNER_IDLE_MS });
    await send(client, session.id, message(prompt));
    const done = [];
    for await (const call of runner) done.push([call.name, call.posted]);
    reader.close();
    expect(done.sort()).toEqual([
      ["bash", false],
      ["weather", true],
    ]);
    const { data } = await client.beta.sessions.events.list(session.id, { types: ["agent.tool_result"] });
    expect(JSON.stringify(data)).toContain("here");
  });

  test("lists page by themselves, in items and in pages, and can be left in the middle", async () => {
    const { client, session } = await lab.talk(form);
    const prompt = lab.script(say("One."), say("Two."), say("Three."));
    for (const text of [prompt, "Go on.", "And on."]) await turn(client, session.id, [message(text)]);
    const { events } = client.beta.sessions;
    const whole = (await events.list(session.id)).data;
    const items = [];
    for await (const event of events.list(session.id, { limit: 4 })) items.push(event);
    expect(items).toEqual(whole);
    const sizes = [];
    for await (const page of (await events.list(session.id, { limit: 4 })).iterPages()) sizes.push(page.data.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(whole.length);
    const before = lab.wire.exchanges.length;
    for await (const event of events.list(session.id, { limit: 4 })) if (event.id === whole[5]?.id) break;
    expect(lab.wire.exchanges.length - before).toBe(2);
  });
});

reportRules(["schema", "log.result-refers", "log.answer-refers", "stream.delta-prefix", "stream.final-last"]);
