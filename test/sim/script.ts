/** What the people want and the model answers in one schedule, drawn from its seed. */
import type { FailureKind } from "../../src/brain/model.ts";
import type { Faults } from "./faults.ts";
import type { Answer, Block } from "./model-server.ts";
import type { Random } from "./random.ts";

/** What one of the people outside wants to do. */
export type Intent =
  | { do: "say"; text: string; more: string | null; system: boolean; remote: boolean; keyed: boolean }
  | { do: "interrupt"; thread?: string }
  | { do: "answer"; allow: boolean; order: "first" | "last" | "all" }
  | { do: "walk"; order: "asc" | "desc"; types: string[] | null; limit: number }
  | { do: "read"; from: "start" | "now" }
  | { do: "update"; title: string; cents?: number | null; tools?: "all" | "fewer" | "other" }
  | { do: "archive" };

const TEXTS = ["alpha", "beta", "gamma", "delta"];
const TOOLS = ["bash", "bash", "bash", "write", "ask_user"];
const REFUSALS: FailureKind[] = ["overloaded", "rate_limited", "server", "invalid", "auth", "billing", "prefix"];
const BREAKS: FailureKind[] = ["cut", "network", "stall", "timeout", "cut"];
/** Rounds of tools that one schedule's model asks for at most. */
const ROUNDS = 5;

/** `capped`: the session has a budget to change. */
export function intents(random: Random, capped: boolean): Intent[] {
  const list: Intent[] = [say(random, null)];
  for (let i = 1 + random.below(6); i > 0; i--) {
    const dice = random.next();
    if (dice < 0.38)
      list.push(
        say(
          random,
          list.findLast((one) => one.do === "say"),
        ),
      );
    else if (dice < 0.5) list.push({ do: "interrupt" });
    else if (dice < 0.65)
      list.push({ do: "answer", allow: random.chance(0.7), order: random.pick(["first", "last", "all"]) });
    else if (dice < 0.77)
      list.push({
        do: "walk",
        order: random.pick(["asc", "desc"]),
        types: random.chance(0.3) ? ["user.message", "agent.tool_use"] : null,
        limit: 1 + random.below(5),
      });
    else if (dice < 0.88) list.push({ do: "read", from: random.pick(["start", "now"]) });
    else if (dice < 0.97) list.push(update(random, capped));
    else if (i === 1) list.push({ do: "archive" });
  }
  return list;
}

/** Each has a title of its own, so that it can be found in the log. */
function update(random: Random, capped: boolean): Intent {
  const dice = random.next();
  return {
    do: "update",
    title: `title ${random.below(1e9)}`,
    ...(capped && dice < 0.7 ? { cents: random.chance(0.2) ? null : 1 + random.below(9) } : {}),
    ...(dice > 0.3 ? { tools: random.pick(["all", "fewer", "other"] as const) } : {}),
  };
}

/** The cap of a session, in cents; most have none. */
export function cap(random: Random): number | null {
  return random.chance(0.35) ? 1 + random.below(3) : null;
}

function say(random: Random, before: Intent | null | undefined): Intent {
  const same = before?.do === "say" && random.chance(0.35);
  return {
    do: "say",
    text: same ? before.text : `${random.pick(TEXTS)} ${random.below(1e6)}`,
    more: random.chance(0.15) ? `and ${random.below(1e6)}` : null,
    system: random.chance(0.12),
    remote: random.chance(0.08),
    keyed: random.chance(0.4),
  };
}

export class Answers {
  readonly #random: Random;
  readonly #faults: Faults;
  #rounds = 0;
  #uses = 0;

  constructor(random: Random, faults: Faults) {
    this.#random = random;
    this.#faults = faults;
  }

  next(): Answer {
    const random = this.#random;
    if (this.#faults.strikes("model_refuses")) return { how: "refused", kind: random.pick(REFUSALS) };
    const blocks = this.#blocks();
    if (this.#faults.strikes("model_breaks")) return { how: "broken", blocks, kind: random.pick(BREAKS) };
    const dice = random.next();
    if (dice < 0.04) return { how: "complete", blocks, stop: "refusal" };
    if (dice < 0.1) return { how: "complete", blocks, stop: "max_tokens", cutLast: true };
    if (dice < 0.13 && blocks.every((block) => block.type === "text"))
      return { how: "complete", blocks, stop: "pause_turn" };
    return { how: "complete", blocks };
  }

  #blocks(): Block[] {
    const random = this.#random;
    const blocks: Block[] = random.chance(0.8) ? [{ type: "text", text: `words ${random.below(1e6)}` }] : [];
    if (this.#rounds < ROUNDS && random.chance(0.5)) {
      this.#rounds += 1;
      for (let i = 1 + random.below(3); i > 0; i--) {
        const input = random.chance(0.2) ? { command: "same" } : { command: `run ${random.below(1e6)}` };
        blocks.push({ type: "tool_use", id: `toolu_${++this.#uses}`, name: random.pick(TOOLS), input });
      }
      if (random.chance(0.03))
        blocks.push({ type: "tool_use", id: `toolu_${++this.#uses}`, name: "no_such_tool", input: {} });
    }
    return blocks.length > 0 ? blocks : [{ type: "text", text: "done" }];
  }
}
