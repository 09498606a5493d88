/** Messages, blocks, sources, pairing. */
import { assistant, BOUND, body, OLD, type RuleCase, result, talk, use, user, words } from "./ask.ts";

const OLD_VERSION = { headers: { "anthropic-version": "2023-06-01" } };
const PDF = { type: "document", source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" } };
const CITED = { citations: [{ type: "char_location", cited_text: "x", document_index: 0 }] };
const png = (media_type?: string) => ({ type: "image", source: { type: "base64", media_type, data: "iVBORw==" } });
const START = user(words("go"));
const searched = (done: boolean) => [
  { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} },
  ...(done ? [{ type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }] : []),
];
/** A call, then these blocks as the answer. */
const reply = (...content: unknown[]) => talk(START, assistant(use("a")), user(...content));
const DOCUMENT_TALK = talk(START, assistant(words("see"), PDF), user(words("on")));

export const BLOCK_CASES: Record<string, RuleCase> = {
  "messages.role": { passes: talk(START), refused: talk(START, { role: "tool", content: "x" }) },
  "messages.keys": { passes: talk(START), refused: talk({ ...START, name: "someone" }) },
  "messages.content": { passes: talk({ role: "user", content: "hi" }), refused: talk({ role: "user", content: 7 }) },
  "messages.non_empty": { passes: talk(START), refused: talk(START, assistant(), START) },
  "messages.first_user": { passes: talk(START), refused: talk(assistant(words("hi")), START) },
  "blocks.type": { passes: { ...OLD_VERSION, ...DOCUMENT_TALK }, refused: DOCUMENT_TALK },
  "blocks.keys": { passes: talk(user(words("x", { citations: null }))), refused: talk(user(words("x", { id: "1" }))) },
  "blocks.required": { passes: reply(result("a")), refused: talk(user({ type: "text" })) },
  "blocks.beta": {
    passes: {
      ...talk(START, assistant({ type: "fallback", from: {}, to: {} }, words("x")), START),
      betas: ["server-side-fallback-2026-07-01"],
    },
    refused: talk(START, assistant({ type: "fallback", from: {}, to: {} }, words("x")), START),
  },
  "blocks.empty_text": { passes: talk(START), refused: talk(user(words(""))) },
  "blocks.blank_text": { passes: talk(user(words(" x\n"))), refused: talk(user(words(" \n"))) },
  "blocks.user_citations": {
    passes: talk(START, assistant(words("x", CITED)), START),
    refused: talk(user(words("x", CITED))),
  },
  "blocks.tool_input": {
    passes: reply(result("a")),
    refused: talk(START, assistant(use("a", { input: "{}" })), user(result("a"))),
  },
  "blocks.tool_id": {
    passes: talk(START, assistant(use("a-B_1")), user(result("a-B_1"))),
    refused: talk(START, assistant(use("a.b")), user(result("a.b"))),
  },
  "sources.type": {
    passes: talk(user({ type: "image", source: { type: "url", url: "https://example.com/a.png" } })),
    refused: talk(user({ type: "image", source: { type: "url" } })),
  },
  "sources.media_type": {
    passes: talk(user(png("image/png"), PDF)),
    refused: reply(result("a", { content: [png()] })),
  },
  "pairing.unique_ids": {
    passes: talk(START, assistant(use("a"), use("b")), user(result("a"), result("b"))),
    refused: talk(START, assistant(use("a")), user(result("a")), assistant(use("a")), user(result("a"))),
  },
  "pairing.unexpected_result": { passes: reply(result("a")), refused: reply(result("a"), result("b")) },
  "pairing.duplicate_result": { passes: reply(result("a")), refused: reply(result("a"), result("a")) },
  "pairing.unanswered": {
    passes: talk(START, assistant(use("a"), use("b")), user(result("b")), user(result("a"))),
    refused: talk(START, assistant(use("a"), use("b")), user(result("b"))),
  },
  "pairing.results_first": { passes: reply(result("a"), words("now")), refused: reply(words("now"), result("a")) },
  "pairing.only_results": {
    passes: talk(START, assistant(...searched(true), use("a")), user(result("a"), words("now"))),
    refused: talk(START, assistant(...searched(false), use("a")), user(result("a"), words("now"))),
  },
  "pairing.prefill": {
    passes: body({ model: OLD, messages: [START, assistant(words("The answer is"))] }),
    refused: body({ model: BOUND, messages: [START, assistant(words("The answer is"))] }),
  },
};
