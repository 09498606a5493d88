import type { BetaManagedAgentsStreamSessionEvents } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { describe, expect, it } from "vitest";
import { Transcript, type TurnEnd } from "../../src/cli/demonstration/transcript.ts";
import { harmless, shortened, terminal } from "../../src/cli/terminal.ts";

const AT = "2026-01-01T00:00:00.000000Z";

function delta(id: string, text: string): BetaManagedAgentsStreamSessionEvents {
  return {
    type: "event_delta",
    event_id: id,
    delta: { type: "content_delta", index: 0, content: { type: "text", text } },
  };
}

function message(id: string, text: string): BetaManagedAgentsStreamSessionEvents {
  return { type: "agent.message", id, processed_at: AT, content: [{ type: "text", text }] };
}

function idle(stop_reason: { type: "end_turn" } | { type: "retries_exhausted" }): BetaManagedAgentsStreamSessionEvents {
  const event = { type: "session.status_idle", id: "sevt_idle", processed_at: AT, stop_details: null } as const;
  return stop_reason.type === "end_turn" ? { ...event, stop_reason } : { ...event, stop_reason };
}

function shown(
  events: BetaManagedAgentsStreamSessionEvents[],
  isTTY = false,
): { text: string; ending: TurnEnd | null } {
  let text = "";
  const out = terminal({ isTTY, write: (piece: string) => (text += piece) }, {});
  const transcript = new Transcript(out);
  let ending: TurnEnd | null = null;
  for (const event of events) ending = transcript.show(event);
  return { text, ending };
}

describe("the transcript", () => {
  it("shows a message once, whether it was previewed whole, in part or not at all", () => {
    const whole = shown([delta("a", "One "), delta("a", "two"), message("a", "One two")]).text;
    expect(whole).toBe("  One two\n\n");
    expect(shown([delta("a", "One "), message("a", "One two")]).text).toBe(whole);
    expect(shown([message("a", "One two")]).text).toBe(whole);
  });

  it("keeps the margin over line ends", () => {
    expect(shown([delta("a", "x\n"), delta("a", "y\n\nz"), message("a", "x\ny\n\nz")]).text).toBe(
      "  x\n  y\n\n  z\n\n",
    );
  });

  it("shows a tool with its command, and its result shortened", () => {
    const output = Array.from({ length: 30 }, (_, i) => `line ${i}`).join("\n");
    const { text } = shown([
      { type: "agent.tool_use", id: "u", name: "bash", input: { command: "seq 30" }, processed_at: AT },
      {
        type: "agent.tool_result",
        id: "r",
        tool_use_id: "u",
        processed_at: AT,
        content: [{ type: "text", text: output }],
      },
    ]);
    expect(text).toContain("  bash  seq 30\n");
    expect(text).toContain("  │ line 7\n  │ … 22 more lines\n");
    expect(text).not.toContain("line 8\n");
  });

  it("ends with the last message, or with the reason of the failure", () => {
    expect(shown([message("a", "One"), message("b", "Two"), idle({ type: "end_turn" })]).ending).toEqual({
      kind: "answered",
      text: "Two",
    });
    expect(shown([message("a", "One"), idle({ type: "retries_exhausted" })]).ending).toEqual({
      kind: "failed",
      why: "the turn ended with retries_exhausted",
    });
    const error: BetaManagedAgentsStreamSessionEvents = {
      type: "session.error",
      id: "e",
      processed_at: AT,
      error: { type: "billing_error", message: "no credit", retry_status: { type: "terminal" } },
    };
    expect(shown([error, idle({ type: "retries_exhausted" })]).ending).toEqual({ kind: "failed", why: "no credit" });
  });

  it("does not let a text steer the terminal", () => {
    const { text } = shown([message("a", "\u001b]0;owned\u0007\u001b[2Jred\r\nend\u202e")]);
    expect(text).toBe("  ]0;owned[2Jred\n  end\n\n");
  });
});

describe("the terminal", () => {
  const styled = (isTTY: boolean, env: Record<string, string>) => terminal({ isTTY, write: () => true }, env).bold("x");

  it("has colour only on a TTY that wants it", () => {
    expect(styled(true, {})).toBe("\u001b[1mx\u001b[22m");
    expect(styled(true, { NO_COLOR: "1" })).toBe("x");
    expect(styled(false, {})).toBe("x");
  });

  it("shortens long lines and many lines", () => {
    expect(shortened("abcdef\nb\nc", 2, 4)).toEqual(["abc…", "b", "… 1 more line"]);
    expect(shortened("a\nb\n", 2, 4)).toEqual(["a", "b"]);
  });

  it("leaves line ends and tabs", () => {
    expect(harmless("a\tb\nc\u0000\u009bd")).toBe("a\tb\ncd");
  });
});
