/** Messages in block form. */
import { type Fields, fields, list, text } from "./json.ts";

export interface Block extends Fields {
  type: string;
}

export interface Message {
  role: string;
  content: Block[];
  /** The message as sent. */
  sent: Fields;
}

export function readMessage(value: unknown): Message {
  const sent = fields(value);
  return { role: text(sent.role), content: readContent(sent.content), sent };
}

/** A string is one text block (spec/messages.md §2). */
export function readContent(content: unknown): Block[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return list(content).map((block) => ({ ...fields(block), type: text(fields(block).type) }));
}

export function isThinking(block: Fields): boolean {
  return block.type === "thinking" || block.type === "redacted_thinking";
}

/** Where a block stands, as the API's errors write it. */
export function pathOf(message: number, index: number): string {
  return `messages.${message}.content.${index}`;
}
