/** The posts of the clients and their attempts: sent again until they are answered, as the official SDK does. */
import type { Cast } from "./cast.ts";
import type { Life } from "./life.ts";
import { ATTEMPTS, type Sending } from "./sending.ts";
import type { World } from "./world.ts";

/** The SDK's back-off between attempts, milliseconds. */
const BACKOFF_MS = 500;

export class Posts {
  readonly sendings: Sending[] = [];
  readonly #cast: Cast;

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  /** Whether a client still has a post under way. */
  busy(cred: string): boolean {
    return this.sendings.some((one) => one.sender.cred === cred && (one.busy || retries(one)));
  }

  /** The posts that will be sent again. */
  get retrying(): Sending[] {
    return this.sendings.filter(retries);
  }

  begin(one: Sending): void {
    this.sendings.push(one);
    this.attempt(one);
  }

  /** One attempt of a post; the answer may be lost, the request may be sent again while it is on its way, or come last. */
  attempt(one: Sending, to?: Life): void {
    const { world, faults } = this.#cast;
    const retry = one.tries++;
    one.busy = true;
    const send = () => {
      one.post.attempts += 1;
      return world.post(one.drafts, { ...one.sender, retry }, to);
    };
    let answer: ReturnType<typeof send>;
    if (faults.strikes("post_late", "the post comes late")) {
      answer = Promise.resolve(null);
      void world.pending.later(null, "late post").then(send);
    } else answer = send();
    if (faults.strikes("post_repeated", "the post is sent again at once") && one.tries < ATTEMPTS) {
      const again = one.tries++;
      one.post.attempts += 1;
      void world.post(one.drafts, { ...one.sender, retry: again });
    }
    void answer.then((outcome) => this.#answered(one, outcome));
  }

  #answered(one: Sending, outcome: Awaited<ReturnType<World["post"]>>): void {
    const { world, faults, records } = this.#cast;
    one.busy = false;
    one.due = world.now + BACKOFF_MS;
    const lost = outcome === null || faults.strikes("ack_lost", "the answer is lost");
    if (lost || one.post.acked) return;
    // What the SDK retries: conflicts and errors of the server; anything else is an answer.
    if (!outcome.ok) one.post.refused = outcome.error.status < 500 || outcome.error.noRetry === true;
    else
      one.post.acked = (JSON.parse(outcome.value as string) as { data: { id: string }[] }).data.map(
        (event) => event.id,
      );
    records.acked(one);
  }
}

function retries(one: Sending): boolean {
  return !one.busy && one.post.acked === null && !one.post.refused && one.tries < ATTEMPTS;
}
