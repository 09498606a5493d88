/** What the Messages API refuses in a request's body (spec/messages.md §6–§7, §15), as the provider would put it. */

interface Block {
  type: string;
  id?: string;
  tool_use_id?: string;
  text?: string;
  input?: unknown;
  [key: string]: unknown;
}
interface Message {
  role: string;
  content: Block[];
}
interface Body {
  messages?: Message[];
  tools?: { name?: string; type?: string }[];
}

/** Cache breakpoints that one request may have. */
const MOST_BREAKPOINTS = 4;

/** Null when the body is in order. A turn that `paused` is continued from the response. */
export function refusal(text: string, paused = false): string | null {
  let body: Body;
  try {
    body = JSON.parse(text) as Body;
  } catch {
    return "the body is not JSON";
  }
  const messages = body.messages ?? [];
  if (messages.length === 0) return "messages: at least one message is required";
  if (messages[0]?.role !== "user") return "messages.0.role: the first message must be from the user";
  for (const [i, message] of messages.entries()) {
    const wrong = wrongMessage(messages, i, message);
    if (wrong) return `messages.${i}: ${wrong}`;
  }
  const last = messages.at(-1)?.role;
  if (last === "assistant" && !paused) return "the conversation must end with a user or system message";
  return wrongWhole(body, text);
}

/** What only the whole of a request shows. */
function wrongWhole({ messages = [], tools = [] }: Body, text: string): string | null {
  const ids = messages.flatMap(usesOf);
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice) return `tool_use ids must be unique: ${twice}`;
  const names = tools.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const again = names.find((name, i) => names.indexOf(name) < i);
  if (again) return `tools: tool names must be unique: ${again}`;
  const breakpoints = text.split('"cache_control":').length - 1;
  return breakpoints > MOST_BREAKPOINTS ? `a maximum of 4 blocks with cache_control, found ${breakpoints}` : null;
}

const usesOf = (one: Message | undefined) =>
  one?.role === "assistant" ? one.content.filter((block) => block.type === "tool_use").map((block) => block.id) : [];

function wrongMessage(messages: Message[], i: number, message: Message): string | null {
  if (!["user", "assistant", "system"].includes(message.role)) return `unexpected role ${message.role}`;
  if (!Array.isArray(message.content) || message.content.length === 0) return "content must not be empty";
  return wrongBlock(message) ?? wrongPairs(messages, i, message) ?? wrongPlace(messages, i, message);
}

function wrongBlock({ content, role }: Message): string | null {
  if (content.some((block) => block.type === "text" && (block.text ?? "") === ""))
    return "text content blocks must be non-empty";
  const uses = content.filter((block) => block.type === "tool_use");
  if (uses.some(({ input }) => typeof input !== "object" || input === null || Array.isArray(input)))
    return "tool_use.input must be an object";
  if (uses.length > 0 && role !== "assistant") return "tool_use blocks belong to the assistant";
  const last = content.findLastIndex((block) => block.type === "tool_result");
  if (content.slice(0, Math.max(0, last)).some((block) => block.type !== "tool_result"))
    return "tool_result blocks must come first";
  return null;
}

function wrongPairs(messages: Message[], i: number, message: Message): string | null {
  const results = message.content.filter((block) => block.type === "tool_result").map((block) => block.tool_use_id);
  if (results.length > 0 && message.role !== "user") return "tool_result blocks belong to the user";
  const wanted = usesOf(messages[i - 1]);
  const stray = results.find((id) => !wanted.includes(id));
  if (stray) return `unexpected tool_use_id ${stray} in tool_result: no such tool_use in the message before`;
  if (new Set(results).size < results.length) return "each tool_use must have a single result";
  const missing = wanted.find((id) => !results.includes(id));
  if (missing && message.role !== "assistant") return `tool_use ${missing} has no tool_result in the message after it`;
  if (usesOf(message).length > 0 && i + 1 < messages.length && messages[i + 1]?.role !== "user")
    return "tool_use ids without tool_result blocks";
  return null;
}

function wrongPlace(messages: Message[], i: number, message: Message): string | null {
  const next = messages[i + 1]?.role;
  if (message.role === "system" && next !== undefined && next !== "assistant" && next !== "system")
    return "a system message must be last or be followed by a response";
  return null;
}
