/** Sending, listing and streaming events (spec/core.md §1.8, §1.9, §4.3, §4.6, §4.7). */
import Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { describe, expect, test } from "vitest";
import { END_TURN, RUNNING, request, says, typesOf, message as userMessage } from "../../story/words.ts";
import { say } from "../../support/model-server/answer.ts";
import { TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, open, send, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();
const stamps = (events: Event[]) => events.map((event) => event.processed_at ?? "pending");

describe.each(TWO_FORMS)("$name", (form) => {
  test("a turn is listed as it was streamed, and the echo has the ids", async () => {
    const { client, session } = await lab.talk(form);
    const reader = await open(client, session.id);
    const sent = message(lab.script(say("Hello there.")));
    const echo = await send(client, session.id, sent);
    await reader.idle();
    reader.close();
    const { data, next_page } = await client.beta.sessions.events.list(session.id);
    expect(data).toEqual(reader.frames);
    expect(next_page).toBeNull();
    const lines = [RUNNING, userMessage("@hello", "…"), request(says("Hello there.")), END_TURN];
    expect(data.map(({ type }) => type)).toEqual(typesOf(lines));
    expect(echo.data).toEqual([data[2]]);
    expect(echo.data?.[0]).toMatchObject(sent);
  });

  test("lists page in both orders, by type and by time", async () => {
    const { client, session } = await lab.talk(form);
    const text = lab.script(say("One."), say("Two."));
    await turn(client, session.id, [message(text)]);
    await turn(client, session.id, [message("Go on.")]);
    const { events } = client.beta.sessions;
    const all = (await events.list(session.id)).data;
    expect(stamps(all)).toEqual([...stamps(all)].sort());
    const listed = async (more: object) => {
      const found: Event[] = [];
      for await (const event of events.list(session.id, { limit: 5, ...more })) found.push(event);
      return found;
    };
    expect(await listed({})).toEqual(all);
    expect(await listed({ order: "desc" })).toEqual([...all].reverse());
    expect(await listed({ order: "desc", limit: 1 })).toEqual([...all].reverse());
    const types = ["agent.message", "session.status_idle"];
    expect(await listed({ types, limit: 1 })).toEqual(all.filter(({ type }) => types.includes(type)));
    const [from, to] = [all[4]?.processed_at ?? "", all[12]?.processed_at ?? ""];
    expect(await listed({ "created_at[gte]": from, "created_at[lte]": to })).toEqual(all.slice(4, 13));
    expect(await listed({ "created_at[gt]": from, "created_at[lt]": to, order: "desc" })).toEqual(
      all.slice(5, 12).reverse(),
    );

    const page = await events.list(session.id, { limit: 5 });
    const cursor = page.next_page ?? "";
    await refused(events.list(session.id, { page: cursor, order: "desc" }), Anthropic.BadRequestError);
    await refused(events.list(session.id, { page: "page_nonsense" }), Anthropic.BadRequestError);
    await refused(events.list(session.id, { limit: 1_001 }), Anthropic.BadRequestError);
    await refused(events.list(session.id, { limit: 0 }), Anthropic.BadRequestError);
  });

  test("what waits is listed last, without a stamp, and paging does not lose it when it is read", async () => {
    const { client, session } = await lab.talk(form);
    const reader = await open(client, session.id);
    const text = lab.script({ ...say("One."), hold: "before_headers" }, say("Two."));
    await send(client, session.id, message(text));
    await lab.model.held();
    const echo = await send(client, session.id, message("A"), message("B"));
    expect(echo.data?.map((event) => "processed_at" in event)).toEqual([false, false]);
    const waiting = (await client.beta.sessions.events.list(session.id)).data.slice(-2);
    expect(waiting).toEqual(echo.data);
    const first = await client.beta.sessions.events.list(session.id, { limit: 5 });
    expect(first.data.at(-1)?.id).toBe(echo.data?.[0]?.id);
    lab.model.release();
    await reader.idle();
    reader.close();
    const rest: Event[] = [];
    for await (const event of first) rest.push(event);
    const all = (await client.beta.sessions.events.list(session.id)).data;
    expect(new Set(rest.map(({ id }) => id))).toEqual(new Set(all.map(({ id }) => id)));
    expect(rest.map(({ id }) => id).length).toBe(all.length);
    expect(reader.of("user.message").length).toBe(3);
  });

  test("previews come to those who ask, and only for what they ask", async () => {
    const { client, session } = await lab.talk(form);
    const text = lab.script({
      blocks: [
        { type: "thinking", text: "Let me see." },
        { type: "text", text: "A longer answer that comes in pieces.", chunks: 8 },
      ],
      pace: { first_ms: 5, gap_ms: 15 },
    });
    const plain = await open(client, session.id);
    const thoughts = await open(client, session.id, ["agent.thinking"]);
    const reader = await turn(client, session.id, [message(text)], ["agent.message", "agent.thinking"]);
    await Promise.all([plain.idle(), thoughts.idle()]);
    plain.close();
    thoughts.close();
    const starts = (of: typeof reader) => of.of("event_start").map(({ event }) => event.type);
    expect(starts(reader)).toEqual(["agent.thinking", "agent.message"]);
    expect(starts(thoughts)).toEqual(["agent.thinking"]);
    expect([starts(plain), plain.of("event_delta"), thoughts.of("event_delta")]).toEqual([[], [], []]);
    const pieces = reader.of("event_delta");
    expect(pieces.length).toBeGreaterThan(1);
    const said = pieces.map(({ delta }) => delta.content.text).join("");
    expect("A longer answer that comes in pieces.".startsWith(said)).toBe(true);
    expect(pieces.every(({ event_id }) => event_id === reader.of("agent.message")[0]?.id)).toBe(true);
  });

  test("a stream shows what comes after it, and no history", async () => {
    const { client, session } = await lab.talk(form);
    await turn(client, session.id, [message(lab.script(say("One."), say("Two.")))]);
    const second = await turn(client, session.id, [message("Go on.")]);
    expect(second.of("agent.message").map(({ content }) => content)).toEqual([[{ type: "text", text: "Two." }]]);
  });

  test("one bad event refuses the whole batch, and names it", async () => {
    const { client, session } = await lab.talk(form);
    const send = (...events: object[]) =>
      client.beta.sessions.events.send(session.id, { events: [message("Fine."), ...events] as never });
    for (const [event, path] of [
      [{ type: "user.message", content: [{ type: "text", text: "" }] }, "events.1.user_message.content.0.text"],
      [{ type: "user.message", content: [] }, "events.1.user_message.content"],
      [{ type: "user.message", content: [{ type: "redacted" }] }, "events.1.user_message.content.0"],
      [{ type: "user.message", content: [{ type: "text", text: "x" }], more: 1 }, "events.1.user_message.more"],
      [{ type: "agent.message", content: [] }, "events.1.type"],
      [{ type: "user.tool_confirmation", tool_use_id: session.id, result: "allow" }, "events[1].tool_use_id"],
      [{ type: "user.custom_tool_result", custom_tool_use_id: "sevt_none" }, "events[1].custom_tool_use_id"],
    ] as const) {
      const error = await refused(send(event), Anthropic.BadRequestError);
      expect(error.apiMessage?.slice(0, path.length)).toBe(path);
    }
    const none = client.beta.sessions.events.send(session.id, { events: [] });
    await refused(none, Anthropic.BadRequestError);
    expect((await client.beta.sessions.events.list(session.id)).data).toEqual([]);
  });

  test("a system message stays in force behind what it accompanies", async () => {
    const { client, session } = await lab.talk(form);
    const text = lab.script(say("Yes."), say("Oui."));
    const system = { type: "system.message" as const, content: [{ type: "text" as const, text: "Speak French." }] };
    await turn(client, session.id, [message(text)]);
    const reader = await turn(client, session.id, [message("Go on."), system]);
    expect(reader.types().slice(2, 5)).toEqual(["user.message", "system.message", "span.model_request_start"]);
    const first = await refused(send(client, session.id, system, message("Late.")), Anthropic.BadRequestError);
    expect(first.apiMessage).toMatch(/^events\.0/);
    const old = await lab.session(client, { model: "claude-sonnet-4-6" });
    const events = [message("Hello."), system];
    await refused(client.beta.sessions.events.send(old.id, { events }), Anthropic.BadRequestError);
  });
});

reportRules(["log.pending-tail", "log.wake-place", "log.stamps-rise", "stream.delta-prefix", "stream.start-once"]);
