/** A reader of the stream that loses its connection and resumes at the last seq it has. */
import type { Connection, StreamItem, WireEvent } from "../checker/dump.ts";
import type { Life } from "./life.ts";
import { ack, SimSocket } from "./socket.ts";
import type { World } from "./world.ts";

export class Reader {
  readonly connections: Connection[] = [];
  /** Cursors that were refused: a seq that was received and is none any more. */
  readonly refused: string[] = [];
  #socket: SimSocket | null = null;
  #read = 0;
  #connecting = false;
  /** The newest seq received; null before the first connection. */
  cursor: number | null = null;

  get open(): boolean {
    return this.#socket !== null && this.#socket.closed === null;
  }

  /** Nothing has come since it last looked. */
  get idle(): boolean {
    return this.#connecting || (this.open && this.#socket?.frames.length === this.#read);
  }

  /** Null: from now on. */
  async connect(world: World, after: number | null): Promise<void> {
    this.#end();
    const query = `frames=lines&deltas=agent.message,agent.thinking${after === null ? "" : `&after=${after}`}`;
    const request = new Request(`http://session/stream?${query}`, {
      headers: { "x-sinew-workspace": world.init.workspace },
    });
    this.#connecting = true;
    const reply = await world.call(async (session) => ({
      ok: true,
      value: (await session.fetch(request)) as unknown as string,
    }));
    this.#connecting = false;
    if (!reply?.ok) return;
    const { webSocket, status } = reply.value as unknown as { webSocket?: unknown; status: number };
    if (!(webSocket instanceof SimSocket)) {
      if (status === 400) this.refused.push(`${status} after ${after}`);
      return;
    }
    this.#socket = webSocket;
    this.#read = 0;
    this.connections.push({ after: after ?? -1, items: [], open: true });
  }

  /** Where it began before, as one that has kept an older page begins again. */
  older(n: number): number | null {
    const cursors = this.connections.map(({ after }) => after).filter((after) => after >= 0);
    return cursors[n % cursors.length] ?? this.cursor;
  }

  /** Takes in what has arrived, and says so. */
  drain(acknowledge: boolean): void {
    const socket = this.#socket;
    const connection = this.connections.at(-1);
    if (!socket || !connection) return;
    for (const frame of socket.frames.slice(this.#read)) {
      if (frame.t === "subscribed") {
        if (connection.after < 0) connection.after = frame.seq;
        this.cursor = connection.after;
      } else if (frame.t === "events") {
        for (const [i, seq] of frame.seqs.entries()) {
          const event = JSON.parse(frame.events[i] as string) as WireEvent;
          connection.items.push({ t: "event", seq, id: event.id, event });
        }
        this.cursor = frame.seqs.at(-1) as number;
      } else if (frame.t === "large") {
        connection.items.push({ t: "event", seq: frame.seq, id: "" });
        this.cursor = frame.seq;
      } else if (frame.t === "delta") connection.items.push(preview(frame.event));
    }
    const news = socket.frames.length > this.#read;
    this.#read = socket.frames.length;
    if (news && acknowledge && this.open && this.cursor !== null) {
      const life = socket.owner as Life | null;
      if (life && !life.dead && !life.booting)
        life.session.webSocketMessage(socket as unknown as WebSocket, ack(this.cursor));
    }
  }

  cut(): void {
    this.#socket?.close(1006);
    this.#end();
  }

  #end(): void {
    this.drain(false);
    const connection = this.connections.at(-1);
    if (connection) connection.open = false;
    this.#socket = null;
  }
}

function preview(text: string): StreamItem {
  const frame = JSON.parse(text) as {
    type: string;
    event?: { id: string };
    event_id?: string;
    delta?: { index?: number; content: { text: string } };
  };
  if (frame.type === "event_start") return { t: "start", id: frame.event?.id ?? "" };
  return {
    t: "delta",
    id: frame.event_id ?? "",
    index: frame.delta?.index ?? 0,
    text: frame.delta?.content.text ?? "",
  };
}
