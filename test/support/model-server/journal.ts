/** Every request the server got, whole (reliability.md I9, I10 read it). */
import { createHash } from "node:crypto";
import type { Pick } from "./scripts.ts";
import type { Verdict } from "./validate.ts";

export interface Entry {
  index: number;
  /** Milliseconds since the epoch, when the whole request was there. */
  at: number;
  method: string;
  path: string;
  /** Lower-case names; credential values replaced by `sha256:` and 16 hex digits. */
  headers: Record<string, string>;
  bytes: number;
  /** Hex, of the bytes as received. */
  sha256: string;
  /** The bytes as received; null above the journal's threshold. */
  raw: Buffer | null;
  /** Why it was refused. */
  verdict: Verdict | null;
  /** Which answer it got; null when refused, and for other endpoints. */
  answer: Omit<Pick, "answer"> | null;
  messageId: string | null;
  /** HTTP status sent; null while none is. */
  status: number | null;
  /** `served`: all that was meant to be sent was sent, faults included. `left`: the client went away before. */
  end: "open" | "served" | "left";
}

/** An entry over HTTP: the body as text in `body_text`, exact bytes under `/_control/journal/{index}/body`. */
export type WireEntry = Omit<Entry, "raw"> & { body_text: string | null };

const CREDENTIALS = new Set(["x-api-key", "authorization"]);

export class Journal {
  readonly entries: Entry[] = [];
  private readonly keepUpTo: number;
  private watchers: (() => void)[] = [];

  /** @param keepUpTo bytes; of longer bodies only hash and size are kept. */
  constructor(keepUpTo: number) {
    this.keepUpTo = keepUpTo;
  }

  add(request: { method: string; path: string; headers: Record<string, string>; raw: Buffer; at: number }): Entry {
    const { raw, headers, ...rest } = request;
    const entry: Entry = {
      index: this.entries.length,
      ...rest,
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, hidden(name, value)])),
      bytes: raw.length,
      sha256: sha256(raw),
      raw: raw.length <= this.keepUpTo ? raw : null,
      verdict: null,
      answer: null,
      messageId: null,
      status: null,
      end: "open",
    };
    this.entries.push(entry);
    return entry;
  }

  /** Entries of `POST /v1/messages`, all or those of one script. */
  messages(key?: string): Entry[] {
    return this.entries.filter(
      ({ path, answer }) => path === "/v1/messages" && (key === undefined || answer?.key === key),
    );
  }

  /** Resolves once `count` message requests (of the script `key`) have been judged. */
  async waitFor(count: number, key?: string): Promise<Entry[]> {
    while (this.judged(key).length < count) await new Promise<void>((go) => this.watchers.push(go));
    return this.judged(key);
  }

  /** Resolves once no message request is open. */
  async settled(): Promise<void> {
    while (this.entries.some(({ end }) => end === "open")) await new Promise<void>((go) => this.watchers.push(go));
  }

  /** To be called after an entry has changed. */
  changed(): void {
    const watchers = this.watchers;
    this.watchers = [];
    for (const go of watchers) go();
  }

  clear(): void {
    this.entries.length = 0;
  }

  private judged(key?: string): Entry[] {
    return this.messages(key).filter(({ verdict, answer }) => verdict !== null || answer !== null);
  }
}

/** The parsed body of a kept entry. */
export function bodyOf(entry: Entry): unknown {
  if (entry.raw === null) throw new Error(`the journal kept only the hash of request ${entry.index}; raise keepUpTo`);
  return JSON.parse(entry.raw.toString());
}

export function onWire({ raw, ...entry }: Entry): WireEntry {
  return { ...entry, body_text: raw?.toString() ?? null };
}

function hidden(name: string, value: string): string {
  return CREDENTIALS.has(name) ? `sha256:${sha256(Buffer.from(value)).slice(0, 16)}` : value;
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
