/** Events that are refused for what they are, whatever the session does, and the beginning of what is said (spec/core.md §1.4, §4.3). */

export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const LONG = 200_000;
export const text = (words: string) => ({ type: "text", text: words });
export const says = (...content: unknown[]) => ({ type: "user.message", content });
const image = (source: object) => says({ type: "image", source });
const document = (source: object, more: object = {}) => says({ type: "document", source, ...more });
export const answers = (content: unknown) => ({
  type: "user.custom_tool_result",
  custom_tool_use_id: "sevt_1",
  content,
});
const confirms = (more: object) => ({ type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "deny", ...more });

/** The message's beginning, after the event's place in the batch. */
export const REFUSED: [words: string, event: unknown][] = [
  [": must be an object, is null", null],
  [": must be an object, is a string", "Hello"],
  [".type: is required; send one of user.message, ", { content: [text("x")] }],
  [".type: must be one of user.message, ", { type: "session.status_idle" }],
  [".user_message.id: unknown key; remove it", { ...says(text("x")), id: "sevt_1" }],
  [".user_message.processed_at: unknown key; remove it", { ...says(text("x")), processed_at: null }],
  [".__proto__: this key is not accepted", JSON.parse('{"type":"user.message","content":[],"__proto__":{}}')],
  [".user_message.content: is required; send an array", { type: "user.message" }],
  [
    ".user_message.content: must be an array of content blocks, is a string; send [{",
    { type: "user.message", content: "Hi" },
  ],
  [".user_message.content: must have at least one block", says()],
  [".user_message.content.1.text: must not be empty", says(text("ok"), text(""))],
  [".user_message.content.0.text: must contain more than white space", says(text(" \n"))],
  [".user_message.content.0.text: must contain more than white space", says(text(" ".repeat(LONG)))],
  [".user_message.content.0.text: must be a string, is a number", says({ type: "text", text: 1 })],
  [".user_message.content.0.cache_control: unknown key", says({ ...text("x"), cache_control: { type: "ephemeral" } })],
  [".user_message.content.0: redacted blocks come only from the server", says({ type: "redacted" })],
  [".user_message.content.0.type: must be one of text, image, document", says({ type: "thinking", thinking: "x" })],
  [
    ".user_message.content.0.source.media_type: must be one of image/png",
    image({ type: "base64", media_type: "image/bmp", data: PIXEL }),
  ],
  [".user_message.content.0.source.media_type: is required", image({ type: "base64", data: PIXEL })],
  [
    ".user_message.content.0.source.data: not base64",
    image({ type: "base64", media_type: "image/png", data: `${PIXEL}\n` }),
  ],
  [
    ".user_message.content.0.source.data: not base64",
    image({ type: "base64", media_type: "image/png", data: `${"A".repeat(LONG)}-` }),
  ],
  [
    ".user_message.content.0.source.url: must be an http or https URL",
    image({ type: "url", url: "file:///etc/passwd" }),
  ],
  [".user_message.content.0.source: uploaded files are not supported", image({ type: "file", file_id: "file_1" })],
  [
    ".user_message.content.0.source.type: must be one of base64, text, url, file",
    document({ type: "content", content: [] }),
  ],
  [
    ".user_message.content.0.source.media_type: must be text/plain",
    document({ type: "text", media_type: "text/html", data: "x" }),
  ],
  [
    ".user_message.content.0.source.media_type: must be one of application/pdf",
    document({ type: "base64", media_type: "application/zip", data: "AAAA" }),
  ],
  [".user_message.content.0.source: uploaded files are not supported", document({ type: "file", file_id: "file_1" })],
  [
    ".user_message.content.0.citations: unknown key",
    document({ type: "text", media_type: "text/plain", data: "x" }, { citations: {} }),
  ],
  [".user_custom_tool_result.content: must be an array of content blocks, is a string", answers("42")],
  [".user_custom_tool_result.content.0.text: must not be empty", answers([text("")])],
  [
    ".user_custom_tool_result.content.0.type: must be one of text, image, document, search_result",
    answers([{ type: "redacted" }]),
  ],
  [".user_custom_tool_result.session_thread_id: unknown key", { ...answers([]), session_thread_id: "sthr_1" }],
  [".user_tool_confirmation.result: must be one of allow, deny", confirms({ result: "maybe" })],
  [".user_tool_confirmation.deny_message: is only for result deny", confirms({ result: "allow", deny_message: "x" })],
  [
    ".user_tool_confirmation.deny_message: must have at most 10000 characters",
    confirms({ deny_message: "x".repeat(10_001) }),
  ],
  [
    ".user_interrupt.session_thread_id: must be a string, is an array",
    { type: "user.interrupt", session_thread_id: ["sthr_1"] },
  ],
  [
    ".user_define_outcome: outcomes are not supported",
    { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" } },
  ],
  [
    ".system_message.content.0.type: must be text",
    { type: "system.message", content: [{ type: "image", source: {} }] },
  ],
  [
    ".system_message.content: must have at most 1000 text blocks",
    { type: "system.message", content: Array.from({ length: 1_001 }, () => text("x")) },
  ],
];
