/**
 * The models this server knows: what spec/messages.md §3, §4, §5 and §6 say of each, written down a second time on purpose, since a
 * fake that shares the runtime's table would share its mistakes. Where the spec says "unknown" the stricter reading stands:
 * Haiku 5.5 has no system role and refuses `disabled`; Fable/Mythos 5.2 and Haiku 5.5 cache from 512 and 1,024 tokens.
 */
export type Effort = "low" | "medium" | "high" | "xhigh" | "max";
export type ThinkingType = "adaptive" | "enabled" | "disabled" | "between_tools";

export interface ModelRow {
  id: string;
  line: "haiku" | "sonnet" | "opus" | "fable" | "mythos";
  /** A model reads thinking of its own kind and of every lower generation (§5). */
  generation: number;
  /** Tokens. */
  window: number;
  maxOutput: number;
  minCacheable: number;
  efforts: readonly Effort[];
  defaultEffort: Effort | null;
  /** Whether it thinks when `thinking` is omitted. */
  thinksByDefault: boolean;
  rejects: readonly ThinkingType[];
  /** Types that go with effort `high` or below only. */
  rejectsAboveHigh: readonly ThinkingType[];
  /** Thinking text is left out unless `display` asks for it. */
  omitsThinking: boolean;
  /** Text between tool calls comes as thinking blocks. */
  narratesInThinking: boolean;
  /** Thinking is bound to the conversation before it, enforced. */
  bound: boolean;
  prefill: boolean;
  forcedTools: boolean;
  systemRole: boolean;
  messageEffort: boolean;
  compaction: boolean;
  fast: "yes" | "beta" | "ignored" | "no";
}

type Traits = Omit<ModelRow, "id" | "line" | "generation">;

const ALL: readonly Effort[] = ["low", "medium", "high", "xhigh", "max"];
const UP_TO_HIGH: readonly Effort[] = ["low", "medium", "high"];
const WITHOUT_XHIGH: readonly Effort[] = ["low", "medium", "high", "max"];

/** What the newest models have in common; each row says what differs. */
const NEWEST: Traits = {
  window: 1_000_000,
  maxOutput: 128_000,
  minCacheable: 512,
  efforts: ALL,
  defaultEffort: "high",
  thinksByDefault: true,
  rejects: ["enabled", "disabled", "between_tools"],
  rejectsAboveHigh: [],
  omitsThinking: true,
  narratesInThinking: true,
  bound: true,
  prefill: false,
  forcedTools: false,
  systemRole: true,
  messageEffort: true,
  compaction: true,
  fast: "no",
};
const FIVE: Traits = { ...NEWEST, bound: false, forcedTools: true };
const OFF: Traits = {
  ...FIVE,
  thinksByDefault: false,
  narratesInThinking: false,
  messageEffort: false,
  minCacheable: 1024,
};
const FOUR_SIX: Traits = {
  ...OFF,
  omitsThinking: false,
  systemRole: false,
  efforts: WITHOUT_XHIGH,
  rejects: ["between_tools"],
};
const FOUR_FIVE: Traits = {
  ...FOUR_SIX,
  window: 200_000,
  maxOutput: 64_000,
  efforts: [],
  defaultEffort: null,
  rejects: ["adaptive", "between_tools"],
  prefill: true,
  compaction: false,
};

function row(
  line: ModelRow["line"],
  version: string,
  generation: number,
  traits: Traits,
  differs: Partial<Traits> = {},
) {
  return { id: `claude-${line}-${version}`, line, generation, ...traits, ...differs };
}

const ADAPTIVE_OR_NONE: readonly ThinkingType[] = ["enabled", "between_tools"];
const PLAIN: Partial<Traits> = {
  narratesInThinking: false,
  systemRole: false,
  messageEffort: false,
  minCacheable: 1024,
};

export const MODELS: readonly ModelRow[] = [
  row("fable", "5-2", 4, NEWEST, { fast: "yes" }),
  row("mythos", "5-2", 4, NEWEST),
  row("fable", "5-1", 3, NEWEST),
  row("mythos", "5-1", 3, NEWEST),
  row("fable", "5", 1, FIVE, { messageEffort: false }),
  row("mythos", "5", 1, FIVE, { messageEffort: false }),
  row("opus", "5-5", 2, NEWEST, { defaultEffort: "medium", fast: "yes" }),
  row("opus", "5", 1, FIVE, {
    rejects: ADAPTIVE_OR_NONE,
    rejectsAboveHigh: ["disabled"],
    narratesInThinking: false,
    fast: "beta",
  }),
  row("opus", "4-8", 1, OFF, { rejects: ADAPTIVE_OR_NONE, fast: "beta" }),
  row("opus", "4-7", 1, OFF, { rejects: ADAPTIVE_OR_NONE, systemRole: false, minCacheable: 2048 }),
  row("opus", "4-6", 1, FOUR_SIX, { minCacheable: 4096, fast: "ignored" }),
  row("opus", "4-5", 1, FOUR_FIVE, { minCacheable: 4096, efforts: UP_TO_HIGH, defaultEffort: "high" }),
  row("sonnet", "5-5", 2, NEWEST, { rejects: ["enabled", "disabled"], rejectsAboveHigh: ["between_tools"] }),
  row("sonnet", "5", 1, FIVE, { ...PLAIN, rejects: ADAPTIVE_OR_NONE }),
  row("sonnet", "4-6", 1, FOUR_SIX),
  row("sonnet", "4-5", 1, FOUR_FIVE),
  row("haiku", "5-5", 2, NEWEST, { ...PLAIN, defaultEffort: "medium", forcedTools: true, compaction: false }),
  row("haiku", "4-5", 1, FOUR_FIVE, { minCacheable: 4096 }),
];

const DATED = /-\d{8}$/;

/** The row of a model id or of its dated form (`claude-haiku-4-5-20251001`). */
export function findModel(id: string): ModelRow | undefined {
  const name = id.replace(DATED, "");
  return MODELS.find((model) => model.id === name);
}

/** Whether a block that `author` thought can be shown to `reader` (§5). */
export function reads(reader: ModelRow, author: string): boolean {
  const writer = findModel(author);
  if (writer === undefined) return false;
  return writer.id === reader.id || writer.generation === 1 || writer.generation < reader.generation;
}
