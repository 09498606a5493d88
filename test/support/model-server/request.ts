/** A request as the rules see it: parsed once, its messages in block form. */
import { type Fields, fields, isFields, list, text } from "./json.ts";
import { type Block, type Message, readContent, readMessage } from "./message.ts";
import { findModel, type ModelRow } from "./models.ts";
import { digestPrompt, type Prompt } from "./prompt.ts";

export type Endpoint = "messages" | "count_tokens" | "models";

/** As it came: header names in lower case, values as sent. */
export interface Received {
  endpoint: Endpoint;
  headers: Readonly<Record<string, string | undefined>>;
  raw: Uint8Array;
}

/** What the server remembers between requests, narrowed to what validation asks. */
export interface Memory {
  /** The thinking that went out before the blocks whose prompt digest this is: one list of signatures per answer given there. */
  thinkingBefore(digest: string): readonly (readonly string[])[] | undefined;
  /** Whether the server itself gave out a block of this unknown type: it must then take it back. */
  gaveOut(type: string): boolean;
}

export interface Context {
  secret: string;
  memory: Memory;
  /** Whether prompts longer than the model's window are refused. */
  windows: boolean;
}

export interface Request extends Context {
  endpoint: Endpoint;
  version: string | undefined;
  betas: ReadonlySet<string>;
  headers: Received["headers"];
  bytes: number;
  /** The body, when it is a JSON object. */
  body: Fields;
  parsed: boolean;
  model: ModelRow | undefined;
  messages: Message[];
  system: Block[];
  tools: Fields[];
  /** The walked prompt, made on first use and kept. */
  prompt: () => Prompt;
}

export function readRequest(received: Received, context: Context): Request {
  const parsed = parse(received.raw);
  const body = fields(parsed);
  const request: Request = {
    ...context,
    endpoint: received.endpoint,
    version: received.headers["anthropic-version"],
    betas: new Set(splitBetas(received.headers["anthropic-beta"])),
    headers: received.headers,
    bytes: received.raw.byteLength,
    body,
    parsed: isFields(parsed),
    model: findModel(text(body.model)),
    messages: list(body.messages).map(readMessage),
    system: readContent(body.system),
    tools: list(body.tools).map(fields),
    prompt: () => {
      const prompt = digestPrompt(request, context.secret);
      request.prompt = () => prompt;
      return prompt;
    },
  };
  return request;
}

export function splitBetas(header: string | undefined): string[] {
  return (header ?? "")
    .split(",")
    .map((beta) => beta.trim())
    .filter((beta) => beta !== "");
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function parse(raw: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(raw));
  } catch {
    return undefined;
  }
}
