/** Thinking blocks out and in: how one is signed, and what each block of a request turns out to be (spec/messages.md §5). */
import { type Fields, text } from "./json.ts";
import { isThinking, pathOf } from "./message.ts";
import { type ModelRow, reads } from "./models.ts";
import { type Prompt, prefixDigest } from "./prompt.ts";
import type { Request } from "./request.ts";
import { digest, openThinking, seal } from "./signature.ts";

export type Verdict = "kept" | "damaged" | "model_binding_mismatch" | "prefix_binding_mismatch";

export interface Finding {
  type: string;
  path: string;
  message: number;
  verdict: Verdict;
}

/** The sealed part of a thinking block: its signature, or the data of a redacted one. */
export function sealOf(block: Fields): string {
  return text(block.type === "redacted_thinking" ? block.data : block.signature);
}

export function signThinking(
  secret: string,
  model: ModelRow,
  prefix: string,
  previous: string | null,
  delivered: string,
): string {
  const binding = {
    model: model.id,
    prefix,
    previous: previous === null ? "" : digest(previous),
    text: digest(delivered),
  };
  return seal(secret, { kind: "thinking", ...binding });
}

const checked = new WeakMap<Prompt, Finding[]>();

/**
 * One finding per thinking block, in order. A block whose prefix fails takes the rest of its message's thinking with it. A block
 * that is not kept does not count as the predecessor of later ones, so thinking made after a drop stays valid.
 */
export function checkThinking(request: Request): Finding[] {
  const prompt = request.prompt();
  const known = checked.get(prompt);
  if (known) return known;
  const findings: Finding[] = [];
  let previous = "";
  let chain = "";
  let failing = -1;
  for (const place of prompt.places) {
    if (place.level === "messages" && isThinking(place.block)) {
      let verdict = judge(request, place.block, prefixDigest(prompt, chain), previous);
      if (verdict === "kept" && failing === place.message) verdict = "prefix_binding_mismatch";
      if (verdict === "prefix_binding_mismatch") failing = place.message;
      if (verdict === "kept") previous = digest(sealOf(place.block));
      const { message } = place;
      findings.push({ type: text(place.block.type), path: pathOf(message, place.index), message, verdict });
    }
    chain = place.chain;
  }
  checked.set(prompt, findings);
  return findings;
}

/** The signature of the last thinking block that the model gets to see, for the chain. */
export function lastKept(request: Request): string | null {
  const kept = new Set(
    checkThinking(request)
      .filter(({ verdict }) => verdict === "kept")
      .map(({ path }) => path),
  );
  const place = request.prompt().places.findLast((place) => kept.has(pathOf(place.message, place.index)));
  return place ? sealOf(place.block) : null;
}

function judge(request: Request, block: Fields, prefix: string, previous: string): Verdict {
  const binding = openThinking(request.secret, sealOf(block));
  const delivered = block.type === "redacted_thinking" ? "" : text(block.thinking);
  if (binding === null || binding.text !== digest(delivered)) return "damaged";
  if (request.model && !reads(request.model, binding.model)) return "model_binding_mismatch";
  if (!request.model?.bound) return "kept";
  const gap = previous !== "" && binding.previous !== previous;
  return binding.prefix !== prefix || gap ? "prefix_binding_mismatch" : "kept";
}
