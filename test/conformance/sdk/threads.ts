/** `client.beta.sessions.threads`: in this version the primary thread alone (spec/core.md §11). */
import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import type { Form } from "./forms.ts";
import type { Lab } from "./lab.ts";
import { message, turn } from "./reader.ts";
import { refused } from "./refusal.ts";

/** Registers the tests, in the suite of one form. */
export function threadTests(lab: Lab, form: Form): void {
  test("the primary thread is the session seen from the thread's side", async () => {
    const { client, session } = await lab.talk(form);
    const threads = client.beta.sessions.threads;
    const [thread] = (await threads.list(session.id)).data;
    const id = thread?.id ?? "";
    expect(thread).toMatchObject({ session_id: session.id, parent_thread_id: null, status: "idle", archived_at: null });
    expect(thread).toMatchObject({ usage: null, stats: null });
    const stream = await threads.events.stream(id, { session_id: session.id, event_deltas: ["agent.message"] });
    const reader = await turn(client, session.id, [message(lab.script(say("In a thread.")))]);
    const types: string[] = [];
    for await (const frame of stream) {
      types.push(frame.type);
      if (frame.type === "session.status_idle") break;
    }
    expect(types.filter((type) => !type.startsWith("event_"))).toEqual(reader.types());
    expect(types).toContain("event_delta");
    const listed = await threads.events.list(id, { session_id: session.id });
    expect(listed.data).toEqual((await client.beta.sessions.events.list(session.id)).data);
    const seen = await threads.retrieve(id, { session_id: session.id });
    expect(seen.usage?.output_tokens).toBe((await client.beta.sessions.retrieve(session.id)).usage.output_tokens);
    const idle = reader.of("session.thread_status_idle")[0];
    expect([idle?.session_thread_id, idle?.agent_name]).toEqual([id, session.agent.name]);
    const other = await lab.session(client);
    await refused(threads.retrieve(id, { session_id: other.id }), Anthropic.NotFoundError);
    await refused(threads.events.list(id, { session_id: other.id }), Anthropic.NotFoundError);
  });
}
