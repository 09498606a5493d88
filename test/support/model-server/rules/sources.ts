/** `source` of images and documents (spec/messages.md §8, §15.3). */
import { fields, text } from "../json.ts";
import { type Block, pathOf, readContent } from "../message.ts";
import { firstOf, invalid, type Refusal, type Rule, rule } from "../rule.ts";

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const MEDIA: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  image: { base64: IMAGE_TYPES },
  document: { base64: ["application/pdf"], text: ["text/plain"] },
};
/** What each kind of source must carry. */
const CARRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  image: { base64: "data", url: "url", file: "file_id" },
  document: { base64: "data", text: "data", content: "content", url: "url", file: "file_id" },
};

function checkBlock(block: Block, path: string, check: (block: Block, path: string) => Refusal | null): Refusal | null {
  if (block.type in CARRIES) return check(block, path);
  if (block.type !== "tool_result") return null;
  return firstOf(readContent(block.content), (inner, k) => checkBlock(inner, `${path}.content.${k}`, check));
}

function eachSource(id: string, check: (block: Block, path: string) => Refusal | null): Rule {
  return rule(id, ({ messages }) =>
    firstOf(messages, ({ content }, i) => firstOf(content, (block, j) => checkBlock(block, pathOf(i, j), check))),
  );
}

export const sourceRules: readonly Rule[] = [
  eachSource("sources.type", (block, path) => {
    const source = fields(block.source);
    const carries = CARRIES[block.type]?.[text(source.type)];
    if (carries === undefined)
      return invalid(`Input tag '${text(source.type)}' is not a known source`, `${path}.source`);
    return source[carries] === undefined ? invalid("Field required", `${path}.source.${carries}`) : null;
  }),
  eachSource("sources.media_type", (block, path) => {
    const source = fields(block.source);
    const allowed = MEDIA[block.type]?.[text(source.type)];
    if (allowed === undefined || allowed.includes(text(source.media_type))) return null;
    return invalid(`Input should be one of ${allowed.join(", ")}`, `${path}.source.media_type`);
  }),
];
