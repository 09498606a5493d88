/**
 * What the scripted model says: finding the script in a conversation and playing one step of it. Pure, and from the request alone, so that it
 * answers the same after a crash as before.
 *
 * A script is a block in the user's text that is fenced by a line "```rehearsal" and a line "```", JSON of the form
 * `{"steps":[{"think":true,"say":"…","calls":[{"name":"bash","input":{…}}],"stop":"end_turn"}]}`; all fields of a step are optional. Each
 * response plays one step. In `say` and in the strings of `input`, `{{result}}` is the text of the last tool result since the script was sent,
 * `{{result.2}}` that of the second.
 */
import { z } from "zod";
import { type Fields, isFields, stringOf } from "./block.ts";

const Call = z.strictObject({ name: z.string().min(1), input: z.record(z.string(), z.unknown()).default({}) });

const Step = z.strictObject({
  think: z.boolean().default(false),
  say: z.string().default(""),
  calls: z.array(Call).default([]),
  stop: z.enum(["end_turn", "refusal", "max_tokens"]).optional(),
});
/** A step with its defaults and its placeholders filled in: what one response holds. */
export type Step = z.infer<typeof Step>;

const Script = z.strictObject({ steps: z.array(Step).min(1) });
/** A script as it is played, and as it is written. */
type Played = z.output<typeof Script>;
type Script = z.input<typeof Script>;

const OPEN_FENCE = /^```rehearsal[ \t]*$/m;
const CLOSE_FENCE = /^```[ \t]*$/m;

const EXPLANATION = `This is the scripted model "rehearsal": it plays scripts and understands nothing else.
For a real model, set ANTHROPIC_API_KEY in .dev.vars (or run: wrangler secret put ANTHROPIC_API_KEY) and give the agent a model such as claude-opus-5-5.
To hear a script, send a text with a block like this:
\`\`\`rehearsal
{"steps":[{"say":"I look around.","calls":[{"name":"bash","input":{"command":"ls /workspace"}}]},{"say":"I found: {{result}}"}]}
\`\`\``;

/** A run of messages of one role; system messages are left out. */
interface Turn {
  role: string;
  blocks: Fields[];
  /** How many messages the run is made of: one per response for the assistant. */
  messages: number;
}

/** The step that answers these `messages` of a request. A text that is no script, a malformed one and a played-out one are answered in words. */
export function nextStep(messages: unknown): Step {
  const turns = turnsOf(messages);
  const at = turns.findLastIndex((turn) => governs(turn));
  const found = scriptIn(textsOf(turns[at]));
  if (!found) return words(EXPLANATION);
  if (typeof found === "string") return words(found);
  const since = turns.slice(at + 1);
  const played = since.filter((turn) => turn.role === "assistant").reduce((sum, turn) => sum + turn.messages, 0);
  const step = found.steps[played];
  if (!step) return words(`The rehearsal's script has ${found.steps.length} steps, and all of them are played.`);
  return filled(step, since.flatMap((turn) => turn.blocks.filter(isResult)).map(resultText));
}

/** Whether this turn decides what is played: any script does; plain text does unless it came along with tool results, in the middle of a turn. */
function governs(turn: Turn): boolean {
  if (turn.role !== "user") return false;
  return !turn.blocks.some(isResult) || scriptIn(textsOf(turn)) !== null;
}

/** The newest script among a turn's texts, the demonstration's by the first line of its task; a sentence when it is malformed; null when there is none. */
function scriptIn(texts: string[]): Played | string | null {
  for (const text of texts.toReversed()) {
    const open = OPEN_FENCE.exec(text);
    if (open) {
      // Where the first opening line has no closing one behind it, no later one has: one look through the text is enough.
      const rest = text.slice(open.index + open[0].length);
      const close = CLOSE_FENCE.exec(rest);
      return close ? parseScript(rest.slice(0, close.index)) : "The rehearsal script has no closing line ```.";
    }
    const firstLine = text.split("\n", 1)[0]?.trim() ?? "";
    if (firstLine === DEMONSTRATION_TASK) return Script.parse(demonstrationScript);
  }
  return null;
}

function parseScript(text: string): Played | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `The rehearsal script is not valid JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  const parsed = Script.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    (issue) => `${issue.path.map(String).join(".") || "script"}: ${issue.message}`,
  );
  return `The rehearsal script is malformed. ${issues.join("; ")}`;
}

function words(say: string): Step {
  return { think: false, say, calls: [], stop: "end_turn" };
}

function filled(step: Step, results: string[]): Step {
  const calls = step.calls.map(({ name, input }) => ({ name, input: fill(input, results) as Record<string, unknown> }));
  return { ...step, say: fillText(step.say, results), calls };
}

/** The same value with the placeholders of every string in it filled in. */
function fill(value: unknown, results: string[]): unknown {
  if (typeof value === "string") return fillText(value, results);
  if (Array.isArray(value)) return value.map((item) => fill(item, results));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item, results)]));
}

function fillText(text: string, results: string[]): string {
  return text.replace(/\{\{result(?:\.(\d{1,4}))?\}\}/g, (_, n: string | undefined) => {
    const result = n === undefined ? results.at(-1) : results[Number(n) - 1];
    return result ?? `(no result${n === undefined ? "" : ` ${n}`})`;
  });
}

function turnsOf(messages: unknown): Turn[] {
  const turns: Turn[] = [];
  for (const message of Array.isArray(messages) ? messages.filter(isFields) : []) {
    const role = stringOf(message.role);
    if (role !== "user" && role !== "assistant") continue;
    const blocks = Array.isArray(message.content) ? message.content.filter(isFields) : [textBlock(message.content)];
    const last = turns.at(-1);
    if (last?.role === role) {
      last.blocks.push(...blocks);
      last.messages += 1;
    } else turns.push({ role, blocks, messages: 1 });
  }
  return turns;
}

function textBlock(text: unknown): Fields {
  return { type: "text", text: stringOf(text) };
}

function textsOf(turn: Turn | undefined): string[] {
  return turn?.blocks.filter((block) => block.type === "text").map((block) => stringOf(block.text)) ?? [];
}

function isResult(block: Fields): boolean {
  return block.type === "tool_result";
}

function resultText(block: Fields): string {
  const content = Array.isArray(block.content) ? block.content.filter(isFields) : [textBlock(block.content)];
  const texts = content.filter((one) => one.type === "text").map((one) => stringOf(one.text));
  return texts.join("\n").trimEnd();
}

/** The first line of the demonstration's task. */
export const DEMONSTRATION_TASK =
  "The file /workspace/crossings.csv lists a year of ferry crossings, one row per planned crossing. Look at it first; then find out:";

const FILE = "/workspace/crossings.csv";

const MONTHS = `awk -F, 'NR > 1 && $5 == "sailed" { sum[substr($1, 1, 7)] += $7 } END { for (m in sum) print m, sum[m] }' ${FILE} | sort -k2,2nr | head -n 3`;
const CANCELLED = `awk -F, '$5 == "cancelled"' ${FILE} | wc -l`;
const MEDIANS = `awk -F, 'NR > 1 && $5 == "sailed" { print $3 "," $6 }' ${FILE} | sort -t, -k1,1 -k2,2n | awk -F, '
  $1 != route { if (n) show(); route = $1; n = 0 }
  { delay[++n] = $2 }
  END { if (n) show() }
  function show() { print (delay[int((n + 1) / 2)] + delay[int(n / 2) + 1]) / 2, route }' | sort -k1,1nr`;
const ANSWER = `{ echo "busiest month: $(echo "$months" | head -n 1 | cut -d " " -f 1)"
  echo "passengers in that month: $(echo "$months" | head -n 1 | cut -d " " -f 2)"
  echo "cancelled crossings: $cancelled"
  echo "least punctual route: $(echo "$medians" | head -n 1 | cut -d " " -f 2-)"
  echo "its median delay in minutes: $(echo "$medians" | head -n 1 | cut -d " " -f 1)"; } | tee /workspace/report.md`;

/** What the scripted model plays for the demonstration's task. */
export const demonstrationScript: Script = {
  steps: [
    {
      think: true,
      say: "First I look at what is there.",
      calls: [{ name: "bash", input: { command: `ls -l /workspace; head -n 4 ${FILE}` } }],
    },
    {
      say: "The columns are clear. I add up the passengers of each month and count the cancelled crossings.",
      calls: [
        { name: "bash", input: { command: `months=$(${MONTHS}); echo "$months"` } },
        { name: "bash", input: { command: `cancelled=$(${CANCELLED}); echo "$cancelled"` } },
      ],
    },
    {
      say: "Now the median delay of each route, over the crossings that sailed.",
      calls: [{ name: "bash", input: { command: `medians=$(${MEDIANS}); echo "$medians"` } }],
    },
    { say: "I write the report from these numbers.", calls: [{ name: "bash", input: { command: ANSWER } }] },
    { say: "The report is in /workspace/report.md.\n\n{{result}}" },
  ],
};
