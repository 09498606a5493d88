/** Compaction on demand: the request that asks for it and the block that comes back (spec/messages.md §10). */

import { COMPACT_ON_DEMAND } from "../betas.ts";
import { type Fields, fields, given, isFields, list, text } from "../json.ts";
import { type Block, pathOf } from "../message.ts";
import type { Request } from "../request.ts";
import { extra, firstOf, invalid, type Rule, rule } from "../rule.ts";
import { type Compacted, digest, openCompaction } from "../signature.ts";

const MAX_INSTRUCTIONS = 16_384;

interface Found {
  block: Block;
  path: string;
}

/** Compaction blocks under the on-demand header; those of the threshold form carry no signature and stay in place. */
function blocksOf(request: Request): Found[] {
  if (!request.betas.has(COMPACT_ON_DEMAND)) return [];
  return request.messages.flatMap(({ content }, i) =>
    content.map((block, j) => ({ block, path: pathOf(i, j) })).filter(({ block }) => block.type === "compaction"),
  );
}

export function sealedParts(block: Fields): Pick<Compacted, "content" | "toolChanges"> {
  return { content: digest(text(block.content)), toolChanges: digest(JSON.stringify(list(block.tool_changes))) };
}

function eachCompaction(id: string, message: string, matches: (block: Block, request: Request) => boolean): Rule {
  return rule(id, (request) =>
    firstOf(blocksOf(request), ({ block, path }) =>
      matches(block, request) ? null : invalid(message, path, `compaction_block_${id.split(".")[1]}`),
    ),
  );
}

export const compactionRules: readonly Rule[] = [
  rule("compaction.shape", ({ body }) => {
    if (!given(body.compaction)) return null;
    if (!isFields(body.compaction) || body.compaction.type !== "summarize") {
      return invalid("Input should be {type: 'summarize'}", "compaction");
    }
    const unknown = Object.keys(body.compaction).find((key) => key !== "type" && key !== "instructions");
    if (unknown) return extra(`compaction.${unknown}`);
    return text(body.compaction.instructions).length <= MAX_INSTRUCTIONS
      ? null
      : invalid(`String should have at most ${MAX_INSTRUCTIONS} characters`, "compaction.instructions");
  }),
  rule("compaction.exclusive", ({ body }) => {
    if (!given(body.compaction)) return null;
    const forced = ["any", "tool"].includes(text(fields(body.tool_choice).type));
    const format = given(fields(body.output_config).format);
    const name =
      (given(body.context_management) && "context_management") ||
      (given(body.stop_sequences) && "stop_sequences") ||
      (format && "output_config.format") ||
      (forced && "tool_choice");
    return name ? invalid(`\`${name}\` cannot be used with \`compaction\``, name) : null;
  }),
  rule("compaction.ambiguous", (request) => {
    const second = blocksOf(request)[1];
    return second ? invalid("only one compaction block is allowed", second.path, "compaction_block_ambiguous") : null;
  }),
  rule("compaction.misplaced", (request) =>
    firstOf(blocksOf(request), ({ path }) =>
      path === pathOf(0, 0) ? null : invalid("must be the first block", path, "compaction_block_misplaced"),
    ),
  ),
  eachCompaction(
    "compaction.signature_invalid",
    "the signature is not one this API gave out",
    (block, { secret }) => openCompaction(secret, text(block.signature)) !== null,
  ),
  eachCompaction(
    "compaction.content_mismatch",
    "`content` differs from what was returned",
    (block, { secret }) => openCompaction(secret, text(block.signature))?.content === sealedParts(block).content,
  ),
  eachCompaction(
    "compaction.tool_changes_mismatch",
    "`tool_changes` differs from what was returned",
    (block, { secret }) =>
      openCompaction(secret, text(block.signature))?.toolChanges === sealedParts(block).toolChanges,
  ),
  rule("compaction.nothing_to_summarize", ({ body, messages }) => {
    const blocks = messages.flatMap(({ content }) => content);
    const fresh = blocks.some((block) => block.type !== "compaction");
    if (!given(body.compaction) || fresh) return null;
    return invalid("there is nothing to summarize", "messages", "compaction_nothing_to_summarize");
  }),
  rule("compaction.model", ({ body, model }) =>
    given(body.compaction) && !model?.compaction ? invalid("compaction is not supported on this model") : null,
  ),
];
