/** The block that a compaction request gets (spec/messages.md §10). */
import type { Fields } from "./json.ts";
import { canonical } from "./prompt.ts";
import type { Request } from "./request.ts";
import { sealedParts } from "./rules/compaction.ts";
import { seal } from "./signature.ts";

/** Signed with the chain it stands for, so that turns kept after it stay valid, and with its content. */
export function compactionBlock(request: Request, content: string): Fields {
  const changes = request.messages
    .filter(({ role }) => role === "system")
    .flatMap((message) => message.content.filter(({ type }) => type === "tool_addition" || type === "tool_removal"))
    .map((block) => Object.fromEntries(JSON.parse(canonical(block)) as [string, unknown][]));
  const block = { type: "compaction", content, encrypted_content: null, tool_changes: changes };
  const { chain } = request.prompt();
  return { ...block, signature: seal(request.secret, { kind: "compaction", chain, ...sealedParts(block) }) };
}
