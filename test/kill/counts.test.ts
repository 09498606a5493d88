/** What the kill run counts, on made-up dumps: a sound one, and for each count one with the defect that it must show. */
import { describe, expect, it } from "vitest";
import { Evaluations } from "../checker/check.ts";
import type { Dump, Post, WireEvent } from "../checker/dump.ts";
import { Random } from "../sim/random.ts";
import { handOf } from "./marks.ts";
import { markOf, talk } from "./talk.ts";
import { Tally } from "./tally.ts";

const SESSION = "sesn_1";
const MARK = "mb0s0.c0.0.0.0";
const TEXT = JSON.stringify([{ type: "text", text: "Please" }]);

const use = (id: string, mark = MARK): WireEvent => ({
  id,
  type: "agent.tool_use",
  input: { command: `echo ${mark} >> /workspace/journal; echo did ${mark}` },
});
const result = (call: string, text: string, more: Partial<WireEvent> = {}): WireEvent => ({
  id: `${call}_result`,
  type: "agent.tool_result",
  tool_use_id: call,
  content: [{ type: "text", text }],
  ...more,
});
const said = (id: string): WireEvent => ({ id, type: "user.message", content: JSON.parse(TEXT) });
const post = (acked: string[] | null): Post => ({
  cred: "client-0",
  key: "k",
  events: [{ type: "user.message", text: TEXT }],
  attempts: 2,
  acked,
  refused: false,
});

function dump(events: WireEvent[], more: Partial<Dump> = {}): Dump {
  return {
    session: SESSION,
    selfHosted: false,
    events,
    earlier: [],
    status: "idle",
    bodies: [],
    hand: [],
    machines: { begun: 0, alive: 0, referenced: 0 },
    posts: [],
    connections: [],
    walks: [],
    crashes: 0,
    quiet: true,
    usage: {},
    ...more,
  };
}

function counted(one: Dump): Tally {
  const tally = new Tally();
  tally.add(one);
  return tally;
}

describe("acknowledged events", () => {
  it("are neither lost nor doubled when each is there once", () => {
    const { events, posts } = counted(dump([said("a"), said("b")], { posts: [post(["a"]), post(["b"])] }));
    expect(events).toMatchObject({ acked: 2, lost: 0, doubled: 0, merged: 0 });
    expect(posts).toMatchObject({ sent: 2, attempts: 4, acked: 2, unanswered: 0 });
  });

  it("are lost when the list does not have them", () => {
    expect(counted(dump([said("a")], { posts: [post(["a"]), post(["b"])] })).events.lost).toBe(1);
  });

  it("are doubled when one post stands twice in the list", () => {
    expect(counted(dump([said("a"), said("b")], { posts: [post(["b"])] })).events.doubled).toBe(1);
  });

  it("are merged when two posts have the same answer; a post without one is told apart", () => {
    const { events, posts } = counted(dump([said("a")], { posts: [post(["a"]), post(["a"]), post(null)] }));
    expect(events.merged).toBe(1);
    expect(posts.unanswered).toBe(1);
  });
});

describe("the marks in the file", () => {
  const checked = (events: WireEvent[], marks: string[]) =>
    new Evaluations()
      .check(
        dump(
          events.map((event, i) => ({ ...event, processed_at: String(i) })),
          { hand: handOf(SESSION, events, marks) },
        ),
      )
      .filter((line) => /^I(5|7|12):/.test(line));
  const done = [use("c"), result("c", `did ${MARK}`)];

  it("fit a call that ran once and answered", () => {
    expect(handOf(SESSION, done, [MARK])).toEqual([
      { key: `${SESSION}/c`, digest: "", runs: 1, outcome: `did ${MARK}` },
    ]);
    expect(checked(done, [MARK])).toEqual([]);
  });

  it("show a body that ran twice, one that never ran and yet answered, and one that nobody asked for", () => {
    expect(checked(done, [MARK, MARK])).toEqual([expect.stringContaining("I7")]);
    expect(checked(done, [])).toEqual([expect.stringContaining("I12")]);
    expect(checked(done, [MARK, "mother"])).toEqual([expect.stringContaining("I5")]);
  });

  it("allow either where the log says that the outcome is unknown, but never two", () => {
    const lost = [use("c"), result("c", "The outcome of this call is unknown: …", { is_error: true })];
    expect(checked(lost, [MARK])).toEqual([]);
    expect(checked(lost, [])).toEqual([]);
    expect(checked(lost, [MARK, MARK])).toEqual([expect.stringContaining("I7")]);
    expect(counted(dump(lost)).tools).toMatchObject({ calls: 1, unknown: 1 });
  });
});

it("a talk has its own marks, each once, and the same seed gives the same talk", () => {
  const make = () => talk("b0s0.c0.0", new Random(5), { rounds: 4, first_ms: 1 });
  const { answers, text } = make();
  expect(text).toContain("[script:b0s0.c0.0]");
  expect(make()).toEqual({ answers, text });
  const marks = answers.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.type === "tool_use" ? markOf(block.input.command) : [])),
  );
  expect(marks.length).toBeGreaterThanOrEqual(4);
  expect(new Set(marks).size).toBe(marks.length);
  expect(markOf("ls")).toBeNull();
});

it("repeated requests are those with the bytes of an earlier one; exhausted turns are told apart", () => {
  const idle = (type: string): WireEvent => ({ id: type, type: "session.status_idle", stop_reason: { type } });
  const body = (text: string) => ({ text, answer: "complete" as const });
  const tally = counted(
    dump([idle("end_turn"), idle("retries_exhausted")], { bodies: [body("1"), body("1"), body("2")] }),
  );
  expect(tally.requests).toEqual({ sent: 3, repeated: 1 });
  expect(tally.turns).toEqual({ ended: 2, exhausted: 1 });
  expect(tally.rows()).toContainEqual(["turns", "2 ended, 1 of them with retries_exhausted"]);
});
