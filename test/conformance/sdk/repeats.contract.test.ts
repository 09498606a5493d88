/** A POST that the SDK sends again because its answer was lost (shared design §8, reliability.md C2), and posts that only look alike. */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, send, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();

describe.each(TWO_FORMS)("$name", (form) => {
  /** The server does what it is asked; the client never hears of it, the first time. */
  function losing() {
    let lost = 0;
    return lab.client(form, {
      fetch: async (input, init) => {
        const response = await lab.wire.fetch(input as string, init as RequestInit);
        if (init?.method?.toUpperCase() !== "POST" || lost++ > 0) return response as never;
        await response.body?.cancel();
        throw new TypeError("the answer was lost");
      },
    });
  }

  const posts = (path: string) => lab.wire.exchanges.filter((one) => one.method === "POST" && one.path === path);

  test("a message and a session whose answers were lost are made once", async () => {
    const { client, session } = await lab.talk(form);
    const [agent, environmentId] = [await lab.agent(client), await lab.environmentId(client)];
    lab.wire.exchanges.length = 0;
    // Together, since the SDK waits half a second before it tries again.
    const [echo, made] = await Promise.all([
      send(losing(), session.id, message(lab.script(say("Once.")))),
      losing().beta.sessions.create({
        agent: agent.id,
        environment_id: environmentId,
        initial_events: [message(lab.script(say("Once.")))],
      }),
    ]);
    for (const path of [`/v1/sessions/${session.id}/events`, "/v1/sessions"]) {
      const [first, second] = posts(path);
      expect(posts(path).map(({ sent }) => sent.get("x-stainless-retry-count"))).toEqual(["0", "1"]);
      expect(second?.body).toEqual(first?.body);
    }
    const messages = async (id: string) =>
      (await client.beta.sessions.events.list(id, { types: ["user.message"] })).data.map((event) => event.id);
    expect(await messages(session.id)).toEqual(echo.data?.map(({ id }) => id));
    expect((await messages(session.id)).length).toBe(1);
    expect((await client.beta.sessions.list({ agent_id: agent.id })).data.map(({ id }) => id)).toEqual([made.id]);
    expect((await messages(made.id)).length).toBe(1);
  });

  test("equal messages that are meant are two events, and so are retries of an older one", async () => {
    const { client, session } = await lab.talk(form);
    const { events } = client.beta.sessions;
    const again = { events: [message(lab.script(say("One."), say("Two."), say("Three.")))] };
    await turn(client, session.id, again.events);
    await turn(client, session.id, again.events);
    const other = await events.send(session.id, { events: [message("Something else.")] });
    // Not the last accepted POST any more: the server cannot know, and takes it.
    await events.send(session.id, again, { headers: { "x-stainless-retry-count": "1" } });
    const { data } = await events.list(session.id, { types: ["user.message"] });
    expect(data.length).toBe(4);
    expect(data.map(({ id }) => id)).toContain(other.data?.[0]?.id);
  });

  test("a key makes a post exact, however late and often it comes", async () => {
    const { client, session } = await lab.talk(form);
    const { events } = client.beta.sessions;
    const body = { events: [message(lab.script(say("Once.")))] };
    const key = lab.word("key");
    const keyed = { headers: { "idempotency-key": key } };
    const first = await events.send(session.id, body, keyed);
    await events.send(session.id, { events: [message("In between.")] });
    const second = await events.send(session.id, body, keyed);
    expect(second.data?.map(({ id }) => id)).toEqual(first.data?.map(({ id }) => id));
    const wrong = events.send(session.id, { events: [message("Other words.")] }, keyed);
    expect((await refused(wrong, Anthropic.BadRequestError)).message).toMatch(/idempotency-key/i);
    await events.send(session.id, body, { headers: { "idempotency-key": lab.word("key") } });
    expect((await events.list(session.id, { types: ["user.message"] })).data.length).toBe(3);
  });

  test("a key makes the creation of a session exact too", async () => {
    const client = lab.client(form);
    const [agent, environmentId] = [await lab.agent(client), await lab.environmentId(client)];
    const body = { agent: agent.id, environment_id: environmentId };
    const keyed = { headers: { "idempotency-key": lab.word("key") } };
    const made = await client.beta.sessions.create(body, keyed);
    expect((await client.beta.sessions.create(body, keyed)).id).toBe(made.id);
    expect((await client.beta.sessions.create(body)).id).not.toBe(made.id);
    const other = client.beta.sessions.create({ ...body, title: "other" }, keyed);
    await refused(other, Anthropic.BadRequestError);
    expect((await client.beta.sessions.list({ agent_id: agent.id })).data.length).toBe(2);
  });

  test("a key of one workspace means nothing in another", async () => {
    const key = { headers: { "idempotency-key": lab.word("key") } };
    const sessions = [lab.client(form), lab.other(form)].map(async (client) => {
      const [agent, environmentId] = [await lab.agent(client), await lab.environmentId(client)];
      return client.beta.sessions.create({ agent: agent.id, environment_id: environmentId }, key);
    });
    const [mine, theirs] = await Promise.all(sessions);
    lab.wire.sessions.delete(theirs?.id ?? "");
    expect(mine?.id).not.toBe(theirs?.id);
  });
});

reportRules(["schema", "id-pattern", "log.unique-ids", "log.wake-place"]);
