/** Much at once: long queues, long messages, long histories (issue 2 §3). No form of the request changes these, so they run once. */
import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { bodyOf } from "../../support/model-server/journal.ts";
import { useLab } from "./lab.ts";
import { message, open, send, turn } from "./reader.ts";
import { memoryOf } from "./rss.ts";
import { reportRules } from "./rules.ts";

/** Prompts here are longer than any model's window. */
const lab = useLab({ model: { windows: false } });
const TIMEOUT_MS = 60_000;
const MB = 1_000_000;

let before = "";
const memory = async () => {
  const found = await memoryOf(lab.server.url);
  return found ? `${found.now} MiB (peak ${found.peak})` : "not known here";
};
beforeEach(async () => {
  before = await memory();
});
afterEach(async ({ task }) => {
  console.log(`${task.name}: the Worker's process held ${before} before, ${await memory()} after`);
});

interface Body {
  messages: { role: string; content: { type: string; text?: string }[] }[];
}

/** The texts of the users' turns in the newest request that a script answered. */
function asked(key: string): string[] {
  const entry = lab.model.journal.messages(key).at(-1);
  if (!entry) throw new Error(`no request of ${key}`);
  const { messages } = bodyOf(entry) as Body;
  return messages
    .filter(({ role }) => role === "user")
    .flatMap(({ content }) => content.map((block) => block.text ?? ""));
}

const keyOf = (prompt: string) => /\[script:(.*)\]/.exec(prompt)?.[1] ?? "";
const textsOf = (events: Event[]) =>
  events.flatMap((event) =>
    event.type === "user.message" ? event.content.map((block) => (block.type === "text" ? block.text : "")) : [],
  );
const numbered = (count: number, word: string) => Array.from({ length: count }, (_, i) => `${word} ${i}`);

test(
  "200 events that wait while the model is busy are read together, in order",
  async () => {
    const { client, session } = await lab.talk();
    const reader = await open(client, session.id);
    const prompt = lab.script({ ...say("One."), hold: "before_headers" }, say("Two."));
    await send(client, session.id, message(prompt));
    await lab.model.held();
    const words = numbered(200, "word");
    const ids: string[] = [];
    for (let i = 0; i < words.length; i += 5) {
      const { data } = await client.beta.sessions.events.send(session.id, {
        events: words.slice(i, i + 5).map(message),
      });
      ids.push(...(data ?? []).map(({ id }) => id));
    }
    lab.model.release();
    await reader.idle();
    reader.close();
    expect(asked(keyOf(prompt))).toEqual([prompt, ...words]);
    const { data } = await client.beta.sessions.events.list(session.id, { types: ["user.message"] });
    expect(data.map(({ id }) => id).slice(1)).toEqual(ids);
    expect(reader.of("span.model_request_start").length).toBe(2);
  },
  TIMEOUT_MS,
);

test(
  "a message of 31 MB is the same in the list, on the stream and to the model",
  async () => {
    const { client, session } = await lab.talk();
    const prompt = lab.script(say("Long."), say("Still here."));
    const line = 'It\'s 🌍 "quoted", \\slashed\\ and\ttabbed – ünïcödé.\n';
    const lines = Math.floor((31 * MB) / Buffer.byteLength(JSON.stringify(line)));
    const text = `${prompt}\n${line.repeat(lines)}`;
    const reader = await turn(client, session.id, [message(text)]);
    expect(Buffer.byteLength(JSON.stringify(text))).toBeGreaterThan(30 * MB);
    const same = (found: string | undefined) => expect(found === text, "the text came back changed").toBe(true);
    same(textsOf(reader.of("user.message"))[0]);
    const { data } = await client.beta.sessions.events.list(session.id, { types: ["user.message"] });
    same(textsOf(data)[0]);
    same(asked(keyOf(prompt))[0]);
    await turn(client, session.id, [message("And now?")]);
    same(asked(keyOf(prompt))[0]);
    expect(asked(keyOf(prompt))[1]).toBe("And now?");
  },
  TIMEOUT_MS,
);

test(
  "10 MB of history is listed whole and goes on",
  async () => {
    const { client, session } = await lab.talk();
    const prompt = lab.script(...Array.from({ length: 6 }, (_, i) => say(`Answer ${i}.`)));
    const texts = [prompt];
    await turn(client, session.id, [message(prompt)]);
    for (let i = 0; i < 4; i++) {
      const batch = numbered(5, `part ${i}`).map((word) => `${word} ${"abc défg ".repeat(50_000)}`);
      await turn(client, session.id, batch.map(message));
      texts.push(...batch);
    }
    const events: Event[] = [];
    let pages = 0;
    for await (const page of (await client.beta.sessions.events.list(session.id)).iterPages()) {
      events.push(...page.data);
      pages++;
    }
    expect(textsOf(events)).toEqual(texts);
    expect(Buffer.byteLength(JSON.stringify(events))).toBeGreaterThan(10 * MB);
    expect(pages).toBeGreaterThan(1);
    const last = await turn(client, session.id, [message("Go on.")]);
    expect(last.of("agent.message").length).toBe(1);
    expect(asked(keyOf(prompt))).toEqual([...texts, "Go on."]);
  },
  TIMEOUT_MS,
);

test(
  "5,000 events are listed whole, both ways, and go on",
  async () => {
    const { client, session } = await lab.talk();
    const ROUNDS = 6;
    const ROUND = 900;
    const held = Array.from({ length: ROUNDS }, (_, i) => ({ ...say(`Round ${i}.`), hold: "before_headers" as const }));
    const prompt = lab.script(...held, say("Counted."), say("And on."));
    const reader = await open(client, session.id);
    const words = [prompt];
    await send(client, session.id, message(prompt));
    for (let round = 0; round < ROUNDS; round++) {
      await lab.model.held();
      const batch = numbered(ROUND, `round ${round} word`);
      await client.beta.sessions.events.send(session.id, { events: batch.map(message) });
      words.push(...batch);
      lab.model.release();
    }
    await reader.idle();
    reader.close();
    const listed = async (order: "asc" | "desc") => {
      const events: Event[] = [];
      for await (const event of client.beta.sessions.events.list(session.id, { order })) events.push(event);
      return events;
    };
    const all = await listed("asc");
    expect(all.length).toBeGreaterThan(5_000);
    expect(all).toEqual(reader.frames);
    expect(await listed("desc")).toEqual([...all].reverse());
    expect(textsOf(all)).toEqual(words);
    await turn(client, session.id, [message("Go on.")]);
    expect(asked(keyOf(prompt))).toEqual([...words, "Go on."]);
  },
  TIMEOUT_MS,
);

reportRules(["schema", "log.pending-tail", "log.unique-ids", "log.stamps-rise", "stream.stored-once"]);
