/** A client program: the official SDK as it is, its own credential, one post after another, and a record of what it was told. */
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import type { Post } from "../checker/dump.ts";
import type { Random } from "../sim/random.ts";
import type { ModelServer } from "../support/model-server/contract.ts";
import { type Length, talk, usual } from "./talk.ts";
import { clientKey } from "./target.ts";

/** Milliseconds between two posts, and before a post with a key is sent once more. */
const THINK_MS = { least: 200, more: 1800 };
const AGAIN_MS = 300;

type Sent = { type: "user.message"; content: { type: "text"; text: string }[] } | { type: "user.interrupt" };

export class Client {
  readonly posts: Post[] = [];
  /** Refusals in the server's words: in these runs nothing is ever refused. */
  readonly refusals: string[] = [];
  readonly #sdk: Anthropic;
  readonly #session: { id: string; name: string };
  readonly #index: number;
  readonly #random: Random;
  readonly #model: ModelServer;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: {
    url: string;
    session: { id: string; name: string };
    index: number;
    random: Random;
    model: ModelServer;
  }) {
    this.#session = parts.session;
    this.#index = parts.index;
    this.#random = parts.random;
    this.#model = parts.model;
    this.#sdk = new Anthropic({
      baseURL: parts.url,
      apiKey: clientKey(parts.index),
      fetch: (input, init) => {
        const post = this.posts.at(-1);
        if (post) post.attempts += 1;
        return fetch(input as string, init as RequestInit) as never;
      },
    });
  }

  /** Posts until it is stopped. */
  start(): void {
    this.#stopped = false;
    this.#running = this.#loop();
  }

  /** Comes back when the post under way is answered or given up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** One message with commands to run. */
  say(length: Length = usual(this.#random)): Promise<void> {
    const own = talk(`${this.#session.name}.c${this.#index}.${this.posts.length}`, this.#random, length);
    this.#model.script(own.text.slice(own.text.indexOf(":") + 1, -1), own.answers);
    return this.#post(message(own.text));
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      const dice = this.#random.next();
      // Twice the same: a second message that must not be taken for a repetition of the first.
      if (dice < 0.12) for (const text of ["Go on.", "Go on."]) await this.#post(message(text));
      else if (dice < 0.18 && this.#index === 0) await this.#post({ type: "user.interrupt" });
      else await this.say();
      await sleep(THINK_MS.least + this.#random.below(THINK_MS.more));
    }
  }

  /** Every second client names its posts and sends one until it is answered; the others rely on the SDK and give up when it does. */
  async #post(event: Sent): Promise<void> {
    const key = this.#index % 2 === 0 ? crypto.randomUUID() : null;
    const text = event.type === "user.message" ? JSON.stringify(event.content) : "";
    const post: Post = {
      cred: `client-${this.#index}`,
      key,
      events: [{ type: event.type, text }],
      attempts: 0,
      acked: null,
      refused: false,
    };
    this.posts.push(post);
    const headers: Record<string, string> = key === null ? {} : { "idempotency-key": key };
    for (;;) {
      try {
        const { data } = await this.#sdk.beta.sessions.events.send(this.#session.id, { events: [event] }, { headers });
        post.acked = (data ?? []).map(({ id }) => id as string);
        return;
      } catch (error) {
        if (error instanceof APIError && error.status !== undefined && error.status < 500) {
          post.refused = true;
          this.refusals.push(error.message);
          return;
        }
        if (key === null) return;
        await sleep(AGAIN_MS);
      }
    }
  }
}

function message(text: string): Sent {
  return { type: "user.message", content: [{ type: "text", text }] };
}
