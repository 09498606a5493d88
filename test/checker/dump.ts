/**
 * What a run leaves for the checker: plain data, read from the wire and from the journals of the two outside parties. The parts marked
 * `inside` are known to the simulator only; an invariant that needs one counts as not evaluated where it is missing.
 */

/** An event as the list shows it. */
export interface WireEvent {
  id: string;
  type: string;
  processed_at?: string | null;
  [key: string]: unknown;
}

/** A request as the model server got it. */
export interface ModelBody {
  /** The JSON text as it arrived. */
  text: string;
  /** How the server answered: `complete` sent a whole response, `refused` an HTTP error, `broken` anything in between. */
  answer: "complete" | "refused" | "broken" | "none";
  /** The stop reason of a complete response. */
  stop?: string;
}

/** What the hand's own journal says of one key. */
export interface HandEntry {
  key: string;
  digest: string;
  /** How often the tool's body was begun. */
  runs: number;
  /** The text of the recorded outcome; null when there is none or the disk that had it is gone. */
  outcome: string | null;
  /** The text that was recorded at some time, whatever became of the disk since; null for none. Left out where nobody kept it. */
  recorded?: string | null;
  /** The newest durable seq when the hand first saw the key. Inside only. */
  at?: number;
}

/** One thing a client wanted to post, over all its attempts. */
export interface Post {
  cred: string;
  /** The `Idempotency-Key` that every attempt carried. */
  key: string | null;
  events: { type: string; text: string }[];
  attempts: number;
  /** The ids of the answer that arrived; null when none did or the request was refused. */
  acked: string[] | null;
  refused: boolean;
}

export type StreamItem =
  /** `event`: all of it, where the reader kept it; one too long for a frame comes by its seq alone, and its id is empty. */
  | { t: "event"; seq: number; id: string; event?: WireEvent }
  | { t: "start"; id: string }
  | { t: "delta"; id: string; index: number; text: string };

/** One connection of a reader. */
export interface Connection {
  /** Everything stored after this seq was asked for. */
  after: number;
  items: StreamItem[];
  /** Still open at the end, with everything read that was sent. */
  open: boolean;
}

/** A walk over all pages of a list. */
export interface Walk {
  order: "asc" | "desc";
  types: string[] | null;
  ids: string[];
  /** Ids that were listed when the walk began: all of them must be seen. */
  before: string[];
}

/** A stored row, internal ones included. */
export interface InsideRow {
  thread: number;
  seq: number;
  id: string;
  type: string;
  epoch: number;
  ts: number;
  body: string;
  note: string | null;
}

export interface Limit {
  max_list_cost: { amount: string };
}

/** One conversation of a session that has several. */
export interface ThreadDump {
  id: string;
  /** Its number: 0 for the primary thread. */
  thread: number;
  status: string;
  usage: Record<string, number>;
  /** Its own list, oldest first. */
  events: WireEvent[];
}

export interface Dump {
  session: string;
  /** All threads, the primary one first; left out for a session that has no other. */
  threads?: ThreadDump[];
  /** Whether sandbox calls are settled by the client's side. */
  selfHosted: boolean;
  /** The primary thread as listed at the end, oldest first. */
  events: WireEvent[];
  /** Lists taken on the way: what they showed must still be there, unchanged. */
  earlier: WireEvent[][];
  status: string;
  bodies: ModelBody[];
  hand: HandEntry[];
  /** Bodies of `provision` begun, machines alive at the end, machines that the session refers to. */
  machines: { begun: number; alive: number; referenced: number };
  posts: Post[];
  connections: Connection[];
  walks: Walk[];
  /** Instances that died or were replaced, and commits that the disk refused: each may cost one repeated request. */
  crashes: number;
  /** Whether the run was left alone, without faults, until nothing happened any more. */
  quiet: boolean;
  /** Milliseconds of its own clock that this took; left out where it was not measured. */
  restedAfter?: number;
  usage: Record<string, number>;
  inside?: {
    rows: InsideRow[];
    /** Those of every thread, where `rows` are one thread's. */
    all?: InsideRow[];
    /** Every version of a row that was ever durable, in the order of the commits that wrote them. */
    written: InsideRow[];
    inbox: number;
    /** Named timers, and kinds of the outbox, still due at the end. */
    timers: string[];
    /** After every commit: the timers and what waits in the outbox, the platform's alarm, the status. */
    alarms: { timers: Record<string, number>; alarm: number | null; status: string; now: number }[];
    /** The state as read from each snapshot and the rows after it, and as replayed from the first row. */
    states: { snapshot: string; replay: string }[];
    /** The next action of two boots from the same rows, at boots and on the way. */
    boots: { first: string; second: string }[];
    /** What the catalog was told last, and what the session is. */
    catalog: { told: string; is: string };
    /** What stretches of writing cost, of an instance that has sent a request or of another: commits in them, events written, of them those that had waited, rows of the outbox changed, rows written in all, rows read. */
    costs: {
      kind: string;
      warm: boolean;
      commits: number;
      events: number;
      consumed: number;
      told: number;
      written: number;
      read: number;
    }[];
    /** Changes of the session that were sent: the title that each set, and whether its answer arrived. */
    updates?: { title: string; acked: boolean }[];
    /** The cap that the session was created with. */
    budget?: Limit | null;
  };
}
