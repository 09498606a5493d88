import { decodeFrame, type FromSubscriber, type ToSubscriber } from "../../src/session/sockets/wire.ts";
import type { Instance } from "./instance.ts";

/** Both ends of an internal socket. Frames are heard by the reader once what precedes them is durable; a cut loses those on the way. */
export class SimSocket {
  readonly frames: ToSubscriber[] = [];
  closed: number | null = null;
  #attachment: string = "null";
  #instance: Instance | null = null;

  accept(instance: Instance): void {
    this.#instance = instance;
  }

  /** After a hibernation the socket belongs to the next instance. */
  adopt(instance: Instance): void {
    this.#instance = instance;
  }

  get owner(): Instance | null {
    return this.#instance;
  }

  send(text: string): void {
    if (this.closed !== null) throw new Error("the socket is closed");
    this.#instance?.cell.say(this.#instance, () => {
      if (this.closed === null) this.frames.push(decodeFrame(text));
    });
  }

  close(code = 1005): void {
    this.closed ??= code;
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = JSON.stringify(value);
  }

  deserializeAttachment(): unknown {
    return JSON.parse(this.#attachment);
  }
}

export const ack = (seq: number): string => JSON.stringify({ t: "ack", seq } satisfies FromSubscriber);

/** The class that `Sockets.accept` constructs: one object plays both ends. */
export class SimSocketPair {
  readonly 0: SimSocket;
  readonly 1: SimSocket;
  constructor() {
    this[0] = new SimSocket();
    this[1] = this[0];
  }
}
