/**
 * Which answer a request gets. A script is found by `[script:KEY]` in the newest user message that carries one (or in a compaction
 * block, as `[script:KEY+N]`: N answers were given before it); its answer is the one for the number of assistant messages since, so
 * that a repeated request gets the same answer again. Other requests take the queue in order, then the default.
 */
import type { Answer } from "./answer.ts";
import { text } from "./json.ts";
import type { Message } from "./message.ts";
import type { Request } from "./request.ts";

const KEY = /\[script:([\w.-]+)(?:\+(\d+))?\]/g;

export interface Pick {
  answer: Answer;
  source: "script" | "queue" | "default" | "summary";
  key: string | null;
  /** The answer's place in its script. */
  index: number | null;
  /** 1 for the first request that gets this answer for this prompt. */
  attempt: number;
  /** Whether the answer's fault strikes this time. */
  faulty: boolean;
}

export class Scripts {
  default: Answer;
  private readonly queue: { answer: Answer; attempts: number }[] = [];
  private readonly scripts = new Map<string, Answer[]>();
  private readonly attempts = new Map<string, number>();

  constructor(standard: Answer) {
    this.default = standard;
  }

  enqueue(answers: Answer[]): void {
    this.queue.push(...answers.map((answer) => ({ answer, attempts: 0 })));
  }

  set(key: string, answers: Answer[]): void {
    this.scripts.set(key, answers);
  }

  clear(): void {
    this.queue.length = 0;
    this.scripts.clear();
    this.attempts.clear();
  }

  /** Called once per request that passed validation. */
  pick(request: Request): Pick {
    const place = findKey(request.messages);
    if (request.body.compaction) return this.pickSummary(request, place);
    const answer = place && this.scripts.get(place.key)?.[place.index];
    if (place && answer) {
      const attempt = this.count(`${place.key} ${place.index} ${request.prompt().chain}`);
      return {
        answer,
        source: "script",
        ...place,
        attempt,
        faulty: strikes(answer, attempt, Number.POSITIVE_INFINITY),
      };
    }
    return this.fromQueue() ?? this.standard(this.default, "default", place);
  }

  /** A queued summary, or one that lets the conversation's script go on. */
  private pickSummary(request: Request, place: Place | null): Pick {
    const queued = this.queue[0]?.answer;
    if (queued?.fault || queued?.blocks.some(({ type }) => type === "compaction")) {
      const pick = this.fromQueue();
      if (pick) return pick;
    }
    const resume = place ? ` [script:${place.key}+${place.index}]` : "";
    const content = `Summary of ${request.messages.length} messages.${resume}`;
    return this.standard({ blocks: [{ type: "compaction", content }] }, "summary", place);
  }

  private fromQueue(): Pick | null {
    const next = this.queue[0];
    if (next === undefined) return null;
    const attempt = ++next.attempts;
    const faulty = strikes(next.answer, attempt, 1);
    if (!faulty || next.answer.times === undefined) this.queue.shift();
    return { answer: next.answer, source: "queue", key: null, index: null, attempt, faulty };
  }

  private standard(answer: Answer, source: Pick["source"], place: Place | null): Pick {
    return { answer, source, key: place?.key ?? null, index: null, attempt: 1, faulty: answer.fault !== undefined };
  }

  private count(place: string): number {
    const attempt = (this.attempts.get(place) ?? 0) + 1;
    this.attempts.set(place, attempt);
    return attempt;
  }
}

function strikes(answer: Answer, attempt: number, otherwise: number): boolean {
  return answer.fault !== undefined && attempt <= (answer.times ?? otherwise);
}

interface Place {
  key: string;
  index: number;
}

/** The conversation's key and how many answers were given since it was set. */
export function findKey(messages: Message[]): Place | null {
  let answers = 0;
  for (const { role, content } of messages.toReversed()) {
    for (const block of content.toReversed()) {
      const carries = (role === "user" && block.type === "text") || block.type === "compaction";
      const match = carries ? [...text(block.text ?? block.content).matchAll(KEY)].at(-1) : undefined;
      if (match) return { key: match[1] as string, index: answers + Number(match[2] ?? 0) };
    }
    if (role === "assistant") answers++;
  }
  return null;
}
