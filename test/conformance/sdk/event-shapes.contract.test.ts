/**
 * What an event may look like: every refused form with its path, nothing stored of its batch, and every accepted one as the model gets it
 * (spec/core.md §1.4, §4.3).
 */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { answers, PIXEL, REFUSED, says, text } from "./refused-events.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();
/** As much of a request to the model as is looked at. */
interface Asked {
  messages: { content: { type: string; content: unknown[] }[] }[];
}

describe.each(TWO_FORMS)("$name", (form) => {
  test("a wrong event refuses its whole batch, and is named by its place", async () => {
    const { client, session } = await lab.talk(form);
    const { events } = client.beta.sessions;
    await turn(client, session.id, [message(lab.script(say("Before.")))]);
    const before = (await events.list(session.id)).data;
    for (const [words, event] of REFUSED) {
      const send = events.send(session.id, { events: [message("Fine."), event] as never });
      const error = await refused(send, Anthropic.BadRequestError);
      expect(error.apiMessage?.slice(0, `events.1${words}`.length), words).toBe(`events.1${words}`);
      expect(error.apiMessage?.length, words).toBeLessThan(400);
    }
    expect((await events.list(session.id)).data).toEqual(before);
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("idle");
  });

  test("so does a body that is no batch", async () => {
    const client = lab.client(form);
    const { id } = await lab.session(client);
    const post = (body: unknown) =>
      client.post(`/v1/sessions/${id}/events`, { body, headers: { "anthropic-beta": "managed-agents-2026-04-01" } });
    const thousand = Array.from({ length: 1_001 }, () => ({ type: "user.interrupt" }));
    for (const [body, words] of [
      [{}, "events: is required; send an array"],
      [{ events: [] }, "events: must have at least one event"],
      [{ events: { type: "user.interrupt" } }, "events: must be an array, is an object"],
      [{ events: [message("x")], dry_run: true }, "dry_run: unknown key; remove it"],
      [{ events: thousand }, "events: must have at most 1000 events; send them in several requests"],
      [[message("x")], "the request body must be an object, is an array"],
    ] as const) {
      expect((await refused(post(body), Anthropic.BadRequestError)).apiMessage).toBe(words);
    }
    expect((await client.beta.sessions.events.list(id)).data).toEqual([]);
    const { data = [] } = await client.beta.sessions.events.send(id, { events: thousand.slice(1) as never });
    expect(data.length).toBe(1_000);
    expect((await client.beta.sessions.events.list(id)).data).toEqual(data);
  });
});

test("every form that is accepted reaches the model as it was sent", async () => {
  const client = lab.client();
  const look = {
    type: "custom" as const,
    name: "look",
    description: "Looks.",
    input_schema: { type: "object" as const },
  };
  const session = await lab.session(client, { tools: [look] });
  const content = [
    text(lab.script({ blocks: [{ type: "tool_use", name: "look", input: {} }] }, say("Seen."))),
    { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
    { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "Notes." }, title: "N", context: "C" },
    { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
    { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0xLjQK" }, title: null },
  ];
  const reader = await turn(client, session.id, [says(...content)] as never);
  const result = [
    text("found"),
    { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
    {
      type: "search_result",
      source: "https://example.com",
      title: "T",
      content: [text("passage")],
      citations: { enabled: false },
    },
  ];
  const id = reader.of("agent.custom_tool_use")[0]?.id ?? "";
  await turn(client, session.id, [{ ...answers(result), custom_tool_use_id: id }] as never);
  const listed = (await client.beta.sessions.events.list(session.id)).data;
  expect(listed.find(({ type }) => type === "user.message")).toMatchObject({ content });
  expect(listed.find(({ type }) => type === "user.custom_tool_result")).toMatchObject({ content: result });
  const asked = JSON.parse(lab.model.journal.messages().at(-1)?.raw?.toString() ?? "{}") as Asked;
  const blocks = asked.messages.flatMap((turn) => turn.content);
  const given = [...blocks, ...blocks.flatMap((block) => (block.type === "tool_result" ? block.content : []))];
  for (const block of [...content.slice(1), ...result]) expect(given).toContainEqual(expect.objectContaining(block));
});

reportRules(["schema", "text-nonempty", "log.wake-place"]);
