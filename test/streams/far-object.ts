/** A session's object as the Worker reaches it, or does not, and the internal sockets that it gives. */
import { vi } from "vitest";
import { type StreamStub, Subscription, type SubscriptionOptions } from "../../src/api/stream/subscription.ts";
import { encodeFrame, type FromSubscriber, type ToSubscriber } from "../../src/session/sockets/wire.ts";

/** The Worker's end of an internal socket, and what the object would do at the other one. */
export class FarSocket extends EventTarget {
  readonly acks: number[] = [];
  closed = false;
  accept(): void {}
  send(text: string): void {
    if (this.closed) throw new Error("closed");
    this.acks.push((JSON.parse(text) as FromSubscriber).seq);
  }
  close(): void {
    this.closed = true;
  }
  say(frame: ToSubscriber): void {
    this.dispatchEvent(new MessageEvent("message", { data: encodeFrame(frame) }));
  }
  break(): void {
    this.closed = true;
    this.dispatchEvent(new Event("close"));
  }
}

/** An object that is reached or not; each socket it gives, and the query each was asked with. */
export class FarObject {
  readonly sockets: FarSocket[] = [];
  readonly asked: (string | null)[] = [];
  newest = 7;
  /** An error is what the next call throws. */
  answer: "socket" | "hang" | "closed" | number | Error = "socket";

  readonly stub = (): StreamStub => ({
    fetch: async (request) => {
      this.asked.push(new URL(request.url).searchParams.get("after"));
      if (this.answer instanceof Error) throw this.answer;
      if (this.answer === "hang") return new Promise<Response>(() => {});
      if (this.answer === "closed")
        return new Response("the reason", { status: 500, headers: { "x-should-retry": "false" } });
      if (this.answer !== "socket") return new Response("the reason", { status: this.answer });
      const ws = new FarSocket();
      this.sockets.push(ws);
      setTimeout(() => ws.say({ t: "subscribed", seq: this.newest }), 1);
      return { webSocket: ws } as unknown as Response;
    },
    getEvent: async () => ({ ok: true, value: new Blob(["unused"]).stream() }),
  });

  get last(): FarSocket {
    return this.sockets.at(-1) as FarSocket;
  }
}

/** A subscription to it, under fake timers. */
export async function subscribeTo(far: FarObject, more: Partial<SubscriptionOptions> = {}): Promise<Subscription> {
  const options = { stub: far.stub, workspace: "default", thread: null, after: null, deltas: [], ...more };
  const opening = Subscription.open(options);
  // A refusal is for who awaits it.
  opening.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(5);
  return opening;
}
