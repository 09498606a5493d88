/** The model server as a test holds it. */
import type { Answer, Pace } from "./answer.ts";
import type { Journal } from "./journal.ts";

export interface ModelServerOptions {
  /** 0 takes a free port. */
  port?: number;
  /** For requests that no script and no queue answers: "Done." by default. */
  default?: Answer;
  /** For answers without a pace of their own: at once by default. */
  pace?: Pace;
  /** Bytes; of longer bodies the journal keeps hash and size only. All are kept by default. */
  keepUpTo?: number;
  /** false: prompts longer than the model's window are answered too. */
  windows?: boolean;
}

export interface ModelServer {
  url: string;
  journal: Journal;
  /** Answers for requests without a script, in order. */
  queue(...answers: Answer[]): void;
  /** Answers of the conversations that say `[script:KEY]`, by number of assistant messages since. */
  script(key: string, answers: Answer[]): void;
  setDefault(answer: Answer): void;
  /** Resolves once `count` requests (1 by default) wait at their hold. */
  held(count?: number): Promise<void>;
  /** Lets held requests go on; returns how many. */
  release(key?: string): number;
  /** Forgets scripts, journal, cache and given-out thinking; held requests are released. */
  reset(): void;
  close(): Promise<void>;
}
