/** Random mutations that nothing notices, and why nothing has to. */
import type { Mutation } from "./random.ts";

/** File below `src`, kind, how the mutated text begins. */
type Place = [file: string, kind: Mutation["kind"], what: string];

/** A reason holds for each of its places, whatever line they stand on. */
const SURVIVORS: { reason: string; places: Place[] }[] = [
  {
    reason: "a declaration and its neighbour: neither reads or changes what the other does",
    places: [
      ["brain/fail.ts", "swap", 'if (what === "terminate") {'],
      ["brain/groups.ts", "swap", "const { budget } = b.state; <> b.add("],
      ["brain/models/script.ts", "swap", 'if (role !== "user" && role !== "assistant") continue; <> const blocks'],
      ["brain/respond.ts", "swap", 'const refused = finished.stopReason === "refusal"; <> const cut'],
      ["log/batch.ts", "swap", "if (size * 3 <= CONTENT_INLINE_BYTES"],
      ["log/list.ts", "swap", 'for (const row of logRows(sql, query.thread, seq, "asc")) {'],
      ["log/read.ts", "swap", "const gathered: Uint8Array[] = []; <> let size"],
      ["log/reduce.ts", "swap", "const turn = response.cut ?"],
      ["brain/groups.ts", "swap", "const status = { stop_details: details, stop_reason: stop }; <> const over"],
      [
        "brain/groups.ts",
        "swap",
        'const over = stop.type !== "requires_action" && capped(b.state, b.state.ts); <> const {',
      ],
      ["brain/models/usage.ts", "swap", "const split = fieldsOf(fields.cache_creation); <> const written"],
      ["brain/perform.ts", "swap", 'if (preview.kind === "start")'],
      [
        "brain/perform.ts",
        "swap",
        'if (event.type !== "content_block_start" || ports.log.state.turn?.provisioned) return; <>',
      ],
      [
        "brain/perform.ts",
        "swap",
        "const b = ports.log.begin(ports.now()); <> const setting = settingOf(ports, doing);",
      ],
      ["brain/perform.ts", "swap", "if (!open()) return; <> const finished = fold.end();"],
      ["brain/perform.ts", "swap", "const tools = ports.tools(); <> const fold"],
      ["brain/perform.ts", "swap", 'if (block?.type !== "tool_use" || tools.get'],
      ["brain/prompt.ts", "swap", "const ahead = this.#hashed.begin(); <> let remote"],
      ["brain/respond.ts", "swap", "for (const part of refused ? [] : finished.parts)"],
      ["brain/response.ts", "swap", "if (entry.shown) return []; <> const joins"],
      ["brain/context.ts", "swap", "if (id === undefined) return; <> const content"],
      ["brain/toolchange.ts", "swap", "const blocks: object[] = [...before.keys()]"],
      ["log/days.ts", "swap", "const first = Math.max(dayOf(since)"],
      ["log/list.ts", "swap", "for (const row of top === null"],
      ["log/read.ts", "swap", "const row = columns as unknown as Row; <> const { content, wire }"],
      ["log/reduce.ts", "swap", "const { agent, opens, told, added, bytes } = tools; <> const { agents }"],
    ],
  },
  {
    reason: "a declaration that is read by a function called later",
    places: [
      ["brain/models/messages-api.ts", "swap", "const end = (why: Ended) =>"],
      ["brain/perform.ts", "swap", "const { state } = ports.log; <> const body = () =>"],
    ],
  },
  {
    reason: "two fields or lists of their own that nobody reads in between",
    places: [
      ["brain/models/block.ts", "swap", "list.push(text); <> this.chars"],
      ["brain/prompt.ts", "swap", "this.#taken = 0; <> this.#hashed.take("],
      ["brain/response.ts", "swap", "this.#messageId = stringOf(message.id)"],
      ["log/log.ts", "swap", "if (snapshot) this.#snapSeq = batch.state.seq; <> if (batch.rows"],
      ["log/log.ts", "swap", "this.#init = JSON.parse("],
      ["brain/groups.ts", "swap", "delete b.timers.turn; <> b.timers.retry"],
      [
        "brain/models/usage.ts",
        "swap",
        "this.#fields = { ...this.#fields, ...Object.fromEntries(known) }; <> this.#final = true;",
      ],
      ["brain/prompt.ts", "swap", "for (const chunk of chunks) this.#hashed.take(chunk); <> this.#taken += 1;"],
      ["brain/prompt.ts", "swap", "this.#context = new Context(opening); <> this.#newest = null;"],
      ["brain/toolchange.ts", "swap", 'blocks.push({ type: "tool_addition"'],
      ["log/batch.ts", "swap", "this.queued.push({ ...entry, content: this.#store(fields.content) }); <> this.inbox ="],
      ["log/list.ts", "swap", "this.#bytes += size; <> if (wanted)"],
    ],
  },
  {
    reason: "rows and timers of a batch do not meet before its commit",
    places: [
      ["brain/groups.ts", "swap", 'b.add("session.status_terminated");'],
      ["brain/groups.ts", "swap", 'b.add("session.status_idle", { body: over'],
    ],
  },
  {
    reason: "two tables of one transaction",
    places: [
      ["log/log.ts", "swap", "if (snapshot) writeSnapshot(this.sql, batch.state); <> writeMeta"],
      ["log/write.ts", "swap", "for (const row of batch.rows)"],
      ["log/log.ts", "swap", "this.sql.exec(`INSERT INTO meta"],
    ],
  },
  {
    reason: "both give the same answer",
    places: [
      ["brain/decide.ts", "swap", "if (state.deleting || state.archivedAt !== null)"],
      ["brain/decide.ts", "swap", 'if (blocking.some((call) => call.family === "sandbox")) return { kind: "ask" }; <>'],
      ["brain/models/block.ts", "swap", "if (!this.stopped) return null; <> if"],
    ],
  },
  {
    reason: "the two conditions exclude each other",
    places: [
      ["brain/models/failures.ts", "swap", "if (status === 402 || BILLING_CODES.includes(code))"],
      ["brain/models/failures.ts", "swap", "if (status >= 500"],
    ],
  },
  {
    reason: "what was aborted before is ended in either order, and the timer is cleared in the end",
    places: [["brain/models/messages-api.ts", "swap", "if (request.signal.aborted) abort();"]],
  },
  {
    reason: "the text that is emptied is the one that is held back right after: it was read before both",
    places: [["brain/response.ts", "swap", 'if (entry.shown === null && text.trim() === "")']],
  },
  {
    reason: "the list is filled through the map and the part alike: it is one array",
    places: [["brain/response.ts", "swap", "if (texts.length === 0) parts.push("]],
  },
  {
    reason: "starting over reads the opening, which forgetting sets to what it was",
    places: [["brain/prompt.ts", "swap", "this.#forget(this.#opening); <> this.#restart();"]],
  },
  {
    reason: "the second reads more than it needs, and the first still decides",
    places: [["brain/prompt.ts", "swap", "if (this.#newest === null) return"]],
  },
  {
    reason: "previews are not of the log and the row is not of the stream: nobody sees their order",
    places: [
      ["brain/perform.ts", "swap", "for (const preview of fold.push(event)) show(ports, announced, preview); <>"],
    ],
  },
  {
    reason: "an empty commit costs a write and changes nothing",
    places: [["brain/perform.ts", "swap", "if (b.rows.length === 0) return false; <> ports.commit(b);"]],
  },
  {
    reason: "the order of two betas is free as long as it stays",
    places: [["brain/request.ts", "swap", "if (dropBlock && facts?.thinking"]],
  },
  {
    reason: "whose chance makes the ids is the simulator's concern; ids are opaque",
    places: [["log/log.ts", "negate", "this.#random"]],
  },
  {
    reason: "the next snapshot comes up to 64 rows later; it is a cache",
    places: [["log/log.ts", "swap", "this.#snapSeq = this.state.seq; <> for"]],
  },
  {
    reason: "an instance that throws here is closed and reads nothing more",
    places: [["log/log.ts", "swap", "if ((meta.min_reader as number) > SCHEMA_VERSION)"]],
  },
  {
    reason: "not tested: the name is for people who read a trace; the code asks `instanceof`",
    places: [["log/log.ts", "delete", 'this.name = "Fenced";']],
  },
  {
    reason: "where both limits are reached at once either may be told",
    places: [["brain/decide.ts", "swap", "if (turn && turn.sameFailures >= MAX_SAME_FAILURES)"]],
  },
  {
    reason: "a guard for the types: who calls has looked",
    places: [["brain/respond.ts", "delete", "if (!request) return;"]],
  },
  {
    reason: "both are of one stretch, in which nobody can look",
    places: [["brain/perform.ts", "swap", "const released = new Promise<null>("]],
  },
  {
    reason: "the conversation is read anew where it was at hand: the same bytes, for more work",
    places: [["brain/prompt.ts", "delete", "if (newest?.id === this.#newest) return rows;"]],
  },
  {
    reason: "undefined is as good as null to the ?? that reads it",
    places: [["log/snapshot.ts", "delete", "return null;"]],
  },
];

const FIELD = String.raw`this\.(#?\w+) \+?= (?!this\b)(?:[\w.]+|"\w+"|\{ \.\.\.[\w.]+ \});`;
/** Two different fields that each take a plain value, not one of this object's own: there are no setters here. */
const TWO_FIELDS = new RegExp(`^${FIELD} <> (?!this\\.\\1 )${FIELD}$`);

export function reasonFor({ file, kind, what }: Mutation): string | null {
  if (kind === "swap" && TWO_FIELDS.test(what)) return "two fields, each set from what the other is not";
  const known = SURVIVORS.find(({ places }) =>
    places.some(([path, how, start]) => `src/${path}` === file && how === kind && what.startsWith(start)),
  );
  return known?.reason ?? null;
}
