/** Turns that the model's side spoils, ends or charges for (spec/core.md §4.6, §4.8, §4.10). */
import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import type { Form } from "./forms.ts";
import type { Lab } from "./lab.ts";
import { message, open, turn } from "./reader.ts";
import { refused } from "./refusal.ts";

/** Registers the tests, in the suite of one form. */
export function faultTests(lab: Lab, form: Form): void {
  test("a fault of the model's side is tried again, and every attempt shows", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    const prompt = lab.script(
      { ...say("At last."), fault: { kind: "status", status: 529 }, times: 2 },
      { ...say("Whole."), fault: { kind: "cut", after: 3 }, times: 1 },
    );
    const reader = await turn(client, session.id, [message(prompt)]);
    const errors = reader.of("session.error").map(({ error }) => [error.type, error.retry_status.type]);
    expect(errors).toEqual([
      ["model_overloaded_error", "retrying"],
      ["model_overloaded_error", "retrying"],
    ]);
    expect(reader.of("session.status_rescheduled").length).toBe(2);
    expect(reader.of("agent.message").length).toBe(1);
    const cut = await turn(client, session.id, [message("Again.")]);
    expect(cut.of("session.error").map(({ error }) => error.type)).toEqual(["model_request_failed_error"]);
    expect(cut.of("agent.message").map(({ content }) => content)).toEqual([[{ type: "text", text: "Whole." }]]);
  });

  test("a turn that is given up leaves a session that goes on", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    const prompt = lab.script({ ...say("Never."), fault: { kind: "status", status: 500 } }, say("Unused."));
    const reader = await turn(client, session.id, [message(prompt)]);
    const [idle] = reader.of("session.status_idle");
    expect(idle?.stop_reason).toEqual({ type: "retries_exhausted" });
    expect(reader.of("session.error").at(-1)?.error.retry_status.type).toBe("exhausted");
    const next = await turn(client, session.id, [message(lab.script(say("Here again.")))]);
    expect(next.of("agent.message").length).toBe(1);
  });

  test("an overflowing context ends the session for good", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    const fault = { kind: "status" as const, status: 400, message: "prompt is too long: 2000000 tokens > 1000000" };
    const reader = await open(client, session.id);
    await client.beta.sessions.events.send(session.id, { events: [message(lab.script({ ...say("No."), fault }))] });
    await reader.nth("session.status_terminated");
    reader.close();
    expect(reader.of("session.error")[0]?.error).toMatchObject({
      type: "unknown_error",
      retry_status: { type: "terminal" },
    });
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("terminated");
    const more = client.beta.sessions.events.send(session.id, { events: [message("Hello?")] });
    await refused(more, Anthropic.ConflictError);
    expect(lab.wire.count("POST", `/v1/sessions/${session.id}/events`)).toBe(2);
  });

  test("a refusal says why, and max_tokens ends a turn like any other", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    const prompt = lab.script(
      { ...say("Half a"), stop_reason: "max_tokens" },
      {
        ...say("I must not."),
        stop_reason: "refusal",
        stop_details: { type: "refusal", category: "bio", explanation: "Not this." },
      },
    );
    const cut = await turn(client, session.id, [message(prompt)]);
    expect(cut.of("session.status_idle")[0]).toMatchObject({ stop_reason: { type: "end_turn" }, stop_details: null });
    const no = await turn(client, session.id, [message("Go on.")]);
    expect(no.of("session.status_idle")[0]).toMatchObject({
      stop_reason: { type: "refusal" },
      stop_details: { type: "refusal", category: "bio", explanation: "Not this." },
    });
    const next = await turn(client, session.id, [message(lab.script(say("Gladly.")))]);
    expect(next.of("agent.message").length).toBe(1);
  });

  test("usage and list cost add up over the turns", async () => {
    const client = lab.client(form);
    const session = await lab.session(client);
    expect(session.usage).toEqual({});
    const usage = {
      input_tokens: 100_000,
      output_tokens: 20_000,
      cache_read_input_tokens: 500_000,
      cache_creation_input_tokens: 40_000,
      cache_creation: { ephemeral_5m_input_tokens: 40_000, ephemeral_1h_input_tokens: 0 },
    };
    const prompt = lab.script({ ...say("One."), usage }, { ...say("Two."), usage });
    const first = await turn(client, session.id, [message(prompt)]);
    const second = await turn(client, session.id, [message("Go on.")]);
    const { cache_creation: _, ...flat } = usage;
    expect(second.of("span.model_request_end")[0]?.model_usage).toMatchObject(flat);
    const cumulative = second.of("session.usage")[0]?.usage;
    expect(cumulative).toMatchObject({
      input_tokens: 200_000,
      output_tokens: 40_000,
      cache_read_input_tokens: 1_000_000,
      cache_creation: { ephemeral_5m_input_tokens: 80_000, ephemeral_1h_input_tokens: 0 },
    });
    // Sonnet 5.5 (spec/core.md §10), a turn: 0.20 + 0.20 + 0.10 + 0.10 USD; a second of runtime is 0.002 cents.
    expect(first.of("session.usage")[0]?.usage.list_cost).toEqual({ amount: "60", currency: "USD" });
    expect(cumulative?.list_cost).toEqual({ amount: "120", currency: "USD" });
    const read = await client.beta.sessions.retrieve(session.id);
    expect(read.usage).toEqual(cumulative);
    expect(read.stats.active_seconds).toBe(read.usage.active_seconds);
    expect(read.stats.duration_seconds ?? 0).toBeGreaterThanOrEqual(read.stats.active_seconds ?? 0);
  });
}
