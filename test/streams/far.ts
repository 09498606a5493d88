/** The far end of a subscription, for tests of the Worker's part: the object, which is reached or not, and its sockets. */
import type { FeedStub } from "../../src/api/feed.ts";
import type { FromSubscriber, ToSubscriber } from "../../src/session/rpc.ts";

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
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }
  break(): void {
    this.closed = true;
    this.dispatchEvent(new Event("close"));
  }
}

/** Each socket it gives, and the query each was asked with. */
export class FarObject {
  readonly sockets: FarSocket[] = [];
  readonly asked: (string | null)[] = [];
  /** An error throws with its words. */
  answer: "socket" | "hang" | "closed" | number | Error = "socket";
  readonly #newest: number;

  constructor(newest = 7) {
    this.#newest = newest;
  }

  readonly stub = (): FeedStub => ({
    fetch: async (request) => {
      const { answer } = this;
      this.asked.push(new URL(request.url).searchParams.get("after"));
      if (answer instanceof Error) throw answer;
      if (answer === "hang") return new Promise<Response>(() => {});
      if (answer === "closed")
        return new Response("the reason", { status: 500, headers: { "x-should-retry": "false" } });
      if (answer !== "socket") return new Response("the reason", { status: answer });
      const ws = new FarSocket();
      this.sockets.push(ws);
      setTimeout(() => ws.say({ t: "subscribed", seq: this.#newest }), 1);
      return { webSocket: ws } as unknown as Response;
    },
    getEvent: async () => ({ ok: true, value: new Blob(["unused"]).stream() }),
  });

  get last(): FarSocket {
    return this.sockets.at(-1) as FarSocket;
  }
}
