import type { Row } from "../../log/rows.ts";

/** What the readers' sockets stand on. */

/** What is asked of the log. Both answer at once: subscription and backlog are one synchronous block. */
export interface LogReader {
  /** The newest seq of the session, any thread; 0 for an empty log. */
  lastSeq(): number;
  /** Rows of a thread with seq > `seq`, in order: at most `events` rows and about `bytes` bytes of text, at least one row if any. */
  after(thread: number, seq: number, limit: { events: number; bytes: number }): Row[];
}

/** The part of a WebSocket that is used. */
export interface Socket {
  /** Throws when the socket is dead. */
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** The part of `DurableObjectState` that is used. */
export interface SocketHost {
  acceptWebSocket(ws: Socket): void;
  getWebSockets(): Socket[];
}
