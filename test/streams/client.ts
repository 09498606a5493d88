/** An SSE client over plain HTTP that keeps every frame, can stall, and knows a clean end from a broken one. */
import { get, type IncomingMessage } from "node:http";

export interface SseFrame {
  id: string | null;
  data: { type: string; id?: string; n?: number; [key: string]: unknown };
}

export interface SseClient {
  status: number;
  headers: IncomingMessage["headers"];
  frames: SseFrame[];
  /** Lines that begin with a colon, and whatever is in no frame. */
  comments: string[];
  /** Null while open. */
  end: () => "clean" | "broken" | null;
  /** Resolves when `condition` holds; checked after every chunk and at the end. */
  until(condition: () => boolean): Promise<void>;
  stall(): void;
  resume(): void;
  close(): void;
}

const FRAME = /^event: message\n(?:id: (\d+)\n)?data: (.*)$/;

/** Resolves when `: connected` has come, or with the answer's text in `comments` when it is no stream. */
export function openStream(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
  const { promise, resolve, reject } = Promise.withResolvers<SseClient>();
  const request = get(url, { headers, agent: false }, (response) => {
    let end: "clean" | "broken" | null = null;
    let parts: string[] = [];
    let newline = false;
    let waiting: (() => void)[] = [];
    const wake = () => {
      const all = waiting;
      waiting = [];
      for (const each of all) each();
    };
    const client: SseClient = {
      status: response.statusCode ?? 0,
      headers: response.headers,
      frames: [],
      comments: [],
      end: () => end,
      async until(condition) {
        while (!condition()) {
          if (end !== null) throw new Error(`the stream ended (${end}) after ${client.frames.length} frames`);
          await new Promise<void>((next) => waiting.push(next));
        }
      },
      stall: () => void response.pause(),
      resume: () => void response.resume(),
      close: () => void request.destroy(),
    };
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      // A long frame comes in many chunks, and looking through all of it for each would be quadratic.
      parts.push(chunk);
      const blank = chunk.includes("\n\n") || (newline && chunk.startsWith("\n"));
      newline = chunk.endsWith("\n");
      if (!blank) return;
      const blocks = parts.join("").split("\n\n");
      parts = [blocks.pop() ?? ""];
      for (const block of blocks) {
        const match = FRAME.exec(block);
        if (match) client.frames.push({ id: match[1] ?? null, data: JSON.parse(match[2] as string) });
        else client.comments.push(block);
      }
      if (client.comments.length > 0) resolve(client);
      wake();
    });
    response.on("close", () => {
      end = response.complete ? "clean" : "broken";
      if (parts.join("")) client.comments.push(parts.join(""));
      resolve(client);
      wake();
    });
    response.on("error", () => {});
  });
  request.on("error", reject);
  return promise;
}
