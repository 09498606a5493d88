import { createApp } from "../../src/api/app.ts";
import type { Env } from "../../src/env.ts";
import { settled } from "./globals.ts";
import type { Objects } from "./objects.ts";

const ATTEMPTS = 6;
const BACKOFF_MS = 1_000;
/** Rounds of deliveries after which an answer will not come any more. */
const ROUNDS = 60;

/** A client at the Worker's routes. The patient one repeats what got no answer. */
export class Customer {
  readonly #app = createApp();
  readonly #env: Env;
  readonly #key: string;
  readonly #objects: Objects;
  readonly #patient: boolean;

  constructor(env: Env, key: string, objects: Objects, patient: boolean) {
    this.#env = env;
    this.#key = key;
    this.#objects = objects;
    this.#patient = patient;
  }

  /** A request and, from a patient client, its repetitions until there is an answer; the id in it. */
  async asks(method: string, path: string, body?: object): Promise<string | null> {
    for (let attempt = 0; attempt < (this.#patient ? ATTEMPTS : 1); attempt++) {
      const reply = await this.fetch(method, path, body, {
        "idempotency-key": `${method}${path}`,
        "x-stainless-retry-count": `${attempt}`,
      });
      // Gone already: an earlier attempt did it.
      if (reply?.status === 404 && method === "DELETE") return "";
      if (reply?.ok) return ((await reply.json()) as { id: string }).id;
      this.#objects.now += BACKOFF_MS;
      await this.#objects.rest();
    }
    return null;
  }

  /** What a story needs before it begins; the id of it. */
  async setUp(path: string, body: object): Promise<string> {
    const reply = await this.fetch("POST", path, body);
    if (!reply?.ok) throw new Error(`${path}: ${reply?.status} ${await reply?.text()}`);
    return ((await reply.json()) as { id: string }).id;
  }

  /** Null: the Worker or its answer is gone. */
  async fetch(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Response | null> {
    const headers = {
      "x-api-key": this.#key,
      "anthropic-version": "2023-06-01",
      "anthropic-beta": "managed-agents-2026-04-01",
      "content-type": "application/json",
      ...more,
    };
    const request = new Request(`http://sinew${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const context = {
      waitUntil: (work: Promise<unknown>) => void work.catch(() => {}),
      passThroughOnException: () => {},
    };
    const answer = Promise.resolve(this.#app.fetch(request, this.#env, context as unknown as ExecutionContext));
    for (let i = 0; i < ROUNDS; i++) {
      const done = await Promise.race([answer.then((reply) => ({ reply })), settled().then(() => null)]);
      if (done) return done.reply;
      this.#objects.deliver();
    }
    return null;
  }
}
