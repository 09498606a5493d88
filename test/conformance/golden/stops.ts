/** Turns that end in another way than by the model's own end of turn. Marks as in text.ts. */
import type { Scenario } from "./format.ts";
import {
  bash,
  CREATE,
  callBash,
  END_TURN,
  end,
  gives,
  idle,
  idles,
  logged,
  RUNNING,
  SANDBOX,
  says,
  send,
  start,
  text,
  userMessage,
} from "./lines.ts";

const hello = userMessage("@hello", "Say hello.");
const more = userMessage("@more", "Are you there?");
const opening = [...RUNNING, logged(hello), start("@span1")];

const refusal = { type: "refusal", category: "cyber", explanation: "Not this." } as const;
/** idle with `refusal` and its stop_details [sdk]; no message, since nothing was said. */
export const refused: Scenario = {
  name: "a refusal",
  source: "spec/core.md §4.6, §4.8; spec/messages.md §12",
  agent: { tools: [] },
  script: [{ blocks: [], stop_reason: "refusal", stop_details: refusal }],
  steps: [CREATE, send(hello), idles(1)],
  expected: [...opening, end("@span1"), ...idle({ type: "refusal" }, refusal)],
};

/** A max-tokens cut is flattened to end_turn [obs]. */
export const cutText: Scenario = {
  name: "max_tokens in the middle of a text",
  source: "spec/core.md §4.6",
  agent: { tools: [] },
  script: [{ ...text("Hel"), stop_reason: "max_tokens" }],
  steps: [CREATE, send(hello), idles(1)],
  expected: [...opening, says("Hel"), end("@span1"), ...END_TURN],
};

/** A tool turn whatever the label [obs]; the cut call has `input:{}` [obs], is never dispatched, permission deny, settled as an error [inf]. */
export const cutCall: Scenario = {
  name: "max_tokens in the middle of a sandbox call",
  source: "spec/core.md §4.6; spec/messages.md §12",
  agent: { tools: SANDBOX },
  script: [
    {
      blocks: [
        callBash("@tool1", "echo whole"),
        { type: "tool_use_cut", as: "@tool2", name: "bash", partial: '{"command":"rm -r' },
      ],
      stop_reason: "max_tokens",
    },
    text("Done."),
  ],
  steps: [CREATE, send(hello), idles(1)],
  expected: [
    ...opening,
    bash("@tool1", "echo whole"),
    { type: "agent.tool_use", id: "@tool2", name: "bash", input: {}, evaluated_permission: "deny" },
    end("@span1"),
    // In call order (§5.1): the cut call's error does not overtake the result of the call before it.
    gives("@tool1", "whole"),
    { type: "agent.tool_result", tool_use_id: "@tool2", is_error: true },
    start("@span2"),
    says("Done."),
    end("@span2"),
    ...END_TURN,
  ],
};

/** Archiving adds nothing to the list [obs]; the session reads terminated and refuses new events (§12). Running, it is refused [obs]. */
export const archived: Scenario = {
  name: "archive",
  source: "spec/core.md §4.3, §4.6, §4.9, §12",
  agent: { tools: [] },
  script: [{ ...text("Hello."), hold: "start" }],
  steps: [
    CREATE,
    send(hello),
    { do: "wait_held" },
    { do: "archive", refused: { status: 400, type: "invalid_request_error" } },
    { do: "release" },
    idles(1),
    { do: "expect_status", status: "idle" },
    { do: "archive" },
    { do: "expect_status", status: "terminated" },
    { do: "send", events: [more], refused: { status: 409, type: "invalid_request_error" } },
  ],
  expected: [...opening, says("Hello."), end("@span1"), ...END_TURN],
};
