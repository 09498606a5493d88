/** What one message asks of the model: rounds of commands that leave a mark in a real file, then a text. */
import type { Random } from "../sim/random.ts";
import type { Answer, AnswerBlock } from "../support/model-server/answer.ts";

/** The file in the session's machine. Its lines are the marks, one per run of a command. */
export const JOURNAL = "/workspace/journal";
const MARK = /echo (m[\w.-]+) >> /;

export interface Talk {
  /** Names its own script, so that a repeated request gets the same answer. */
  text: string;
  answers: Answer[];
}

/** How much a talk asks for: rounds of commands, and milliseconds that the model takes before each answer. */
export interface Length {
  rounds: number;
  first_ms: number;
  /** Its answers never come. */
  held?: boolean;
}

/** Longer than the time between two crashes, so that they fall into it. */
export const LONG: Length = { rounds: 4, first_ms: 800 };

export function usual(random: Random): Length {
  return { rounds: 1 + random.below(3), first_ms: random.below(150) };
}

/** `name` is used by no other talk. */
export function talk(name: string, random: Random, { rounds, first_ms, held }: Length): Talk {
  const hold: Pick<Answer, "hold"> = held ? { hold: "before_headers" } : {};
  const pace = { first_ms, gap_ms: random.below(15) };
  const answers: Answer[] = [];
  for (let round = 0; round < rounds; round++) {
    const calls = 1 + random.below(2);
    const blocks: AnswerBlock[] = random.chance(0.5) ? [{ type: "text", text: `Now ${name}, part ${round}.` }] : [];
    for (let call = 0; call < calls; call++)
      blocks.push({ type: "tool_use", name: "bash", input: { command: command(`m${name}.${round}.${call}`, random) } });
    answers.push({ blocks, pace, ...hold });
  }
  answers.push({ blocks: [{ type: "text", text: `All of ${name} is done, and this takes a few pieces.` }], pace });
  return { text: `Please [script:${name}]`, answers };
}

/** A real command: appends its mark, may take its time, and says so at the end. */
function command(mark: string, random: Random): string {
  const rest = random.chance(0.4) ? `sleep 0.${1 + random.below(4)}; ` : "";
  return `echo ${mark} >> ${JOURNAL}; ${rest}echo did ${mark}`;
}

/** The mark that a command leaves; null for another command. */
export function markOf(command: unknown): string | null {
  return MARK.exec(String(command))?.[1] ?? null;
}
