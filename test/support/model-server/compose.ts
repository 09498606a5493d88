/** From a scripted answer to the message the API would give: signed thinking, ids, stop reason, usage (spec/messages.md §4, §10, §12, §13). */
import type { Answer, AnswerBlock } from "./answer.ts";
import { BINDING_CONTROLS } from "./betas.ts";
import type { PromptCache } from "./cache.ts";
import type { Composed, Part } from "./frames.ts";
import { mintId } from "./ids.ts";
import { type Fields, fields, given, text } from "./json.ts";
import type { AnswerMemory } from "./memory.ts";
import { isThinking } from "./message.ts";
import { extend, prefixDigest } from "./prompt.ts";
import type { Request } from "./request.ts";
import { BLOCKS } from "./shapes.ts";
import { compactionBlock } from "./summary.ts";
import { checkThinking, lastKept, sealOf, signThinking } from "./thinking.ts";
import { usageOf } from "./usage.ts";

export interface State {
  memory: AnswerMemory;
  cache: PromptCache;
}

export function compose(request: Request, answer: Answer, state: State, now: number): Composed {
  const id = mintId("msg");
  const input = state.cache.use(request, now);
  const parts = new Writer(request, state.memory).write(answer.blocks);
  state.memory.rememberPrompt(id, request);
  const usage = usageOf(request, parts, input, answer.usage);
  const beta = request.betas.size > 0;
  const message: Fields = {
    id,
    type: "message",
    role: "assistant",
    model: text(request.body.model),
    content: parts.map(({ block }) => block),
    stop_reason: answer.stop_reason ?? stopReason(answer.blocks),
    stop_sequence: answer.stop_sequence ?? null,
    stop_details: answer.stop_details ?? null,
    container: null,
    diagnostics: state.memory.diagnose(request),
    ...(beta ? { context_management: null } : {}),
    ...(request.betas.has(BINDING_CONTROLS) ? { input_transformations: transformations(request) } : {}),
    usage: usage.full,
  };
  return { message, parts, startUsage: usage.start, endUsage: usage.end };
}

/** Blocks of the request that the model did not get to see (§5). */
export function transformations(request: Request): Fields[] {
  return checkThinking(request)
    .filter(({ verdict }) => verdict !== "kept")
    .map(({ path, verdict }) => ({ type: "thinking_dropped", path, reason: verdict }));
}

function stopReason(blocks: AnswerBlock[]): string {
  const has = (type: AnswerBlock["type"]) => blocks.some((block) => block.type === type);
  if (has("tool_use_cut")) return "max_tokens";
  if (has("compaction")) return "compaction";
  return has("tool_use") ? "tool_use" : "end_turn";
}

class Writer {
  private readonly request: Request;
  private readonly memory: AnswerMemory;
  private chain: string;
  private previous: string | null;
  private readonly seals: string[] = [];

  constructor(request: Request, memory: AnswerMemory) {
    this.request = request;
    this.memory = memory;
    this.chain = request.prompt().chain;
    this.previous = lastKept(request);
  }

  write(blocks: AnswerBlock[]): Part[] {
    return blocks.flatMap((block, i) => {
      const part = this.part(block, blocks[i + 1]);
      if (part === null) return [];
      this.append(part.block);
      return [part];
    });
  }

  private append(block: Fields): void {
    if (isThinking(block)) {
      this.previous = sealOf(block);
      this.seals.push(this.previous);
      return;
    }
    this.chain = extend(this.chain, "assistant", block);
    this.memory.rememberThinking(prefixDigest(this.request.prompt(), this.chain), this.seals);
  }

  private part(block: AnswerBlock, next: AnswerBlock | undefined): Part | null {
    switch (block.type) {
      case "text":
        return { block: { type: "text", text: block.text, citations: block.citations ?? null }, chunks: block.chunks };
      case "tool_use": {
        const use = { type: "tool_use", id: block.id ?? mintId("toolu"), name: block.name, input: block.input };
        return { block: use, json: JSON.stringify(block.input), chunks: block.chunks };
      }
      case "tool_use_cut":
        return {
          block: { type: "tool_use", id: block.id ?? mintId("toolu"), name: block.name, input: {} },
          json: block.partial,
        };
      case "compaction":
        return { block: compactionBlock(this.request, block.content) };
      case "raw":
        if (!(text(block.block.type) in BLOCKS)) this.memory.rememberUnknown(text(block.block.type));
        return { block: block.block };
      case "redacted_thinking":
        return thinks(this.request, false) ? { block: { type: block.type, data: this.sign("") } } : null;
      case "thinking":
        return this.think(block.text ?? "", next);
    }
  }

  private think(full: string, next: AnswerBlock | undefined): Part | null {
    const calls = next?.type === "tool_use" || next?.type === "tool_use_cut";
    const progress = calls && this.request.model?.narratesInThinking === true;
    if (!thinks(this.request, progress)) return null;
    const thinking = shown(this.request, progress) ? full : "";
    return { block: { type: "thinking", thinking, signature: this.sign(thinking) } };
  }

  private sign(delivered: string): string {
    const { request, chain, previous } = this;
    if (!request.model) throw new Error("an answer is composed only for a validated request");
    return signThinking(request.secret, request.model, prefixDigest(request.prompt(), chain), previous, delivered);
  }
}

/** Whether the model thinks at all here (§4): `between_tools` keeps the progress updates only. */
function thinks({ body, model }: Request, progress: boolean): boolean {
  const type = given(body.thinking) ? fields(body.thinking).type : model?.thinksByDefault ? "adaptive" : "disabled";
  return type === "between_tools" ? progress : type !== "disabled";
}

/** Whether the text is delivered (§4 `display`). */
function shown({ body, model }: Request, progress: boolean): boolean {
  const display = fields(body.thinking).display ?? (model?.omitsThinking ? "omitted" : "summarized");
  return display === "summarized" || (display === "updates" && progress);
}
