/**
 * What a machine does with the set of calls that its session still waits for: it ends every other call before it begins a new one, and its journal holds
 * nothing else, while each call still runs at most once (reliability.md §2.2, C29, C30).
 */
import { beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../src/hands/hand.ts";
import type { CallRunner } from "../../src/hands/sandbox/call-runner.ts";
import type { Reply } from "../../src/hands/sandbox/rpc.ts";
import type { Sql } from "../../src/log/sql.ts";
import { nodeSql } from "../support/node-sql.ts";
import { OpenSession, text as said, use } from "../support/open-session.ts";
import { runnerOn } from "./memory-machine.ts";

let sql: Sql;
let runner: CallRunner;
beforeEach(() => {
  sql = nodeSql();
  runner = runnerOn(sql);
});

/** A call of bash that the session sent at row `at`, when the calls named in `open` had no result. */
function call(id: string, command: string, open?: [at: number, ...ids: string[]], more: Partial<Call> = {}): Call {
  const [at = 0, ...ids] = open ?? [];
  return {
    key: `sesn_1/${id}`,
    hand: "sandbox",
    name: "bash",
    input: { command },
    digest: command,
    epoch: 1,
    deadline: Date.now() + 60_000,
    ...(open && { open: { at, keys: ids.map((one) => `sesn_1/${one}`) } }),
    ...more,
  };
}
const textOf = (reply: Reply) => ("result" in reply ? reply.result.content[0]?.text : reply.refused);
const pause = (ms: number) => new Promise<string>((resolve) => setTimeout(resolve, ms, "still waiting"));
const lines = async () => new TextDecoder().decode((await runner.getFile("/workspace/f")) ?? undefined);
const keys = () => sql.exec("SELECT key FROM call ORDER BY key").map((row) => row.key);

const SLOW = "echo half >> f; sleep 100";
const INTERRUPTED = "interrupted; it may have taken effect, check before repeating";

describe("a call that the session has settled without the machine's knowing", () => {
  it("is ended before the next one starts, and its changes are gone", async () => {
    const old = runner.execute(call("old", SLOW, [10, "old"]));
    await pause(30);
    const next = runner.execute(call("next", "echo x >> f; cat f", [20, "next"]));
    expect(textOf(await Promise.race([next, pause(5_000)].map(replied)))).toBe("x");
    expect(textOf(await old)).toBe(INTERRUPTED);
  });

  it("would hold the next one up if nobody said what is open", async () => {
    void runner.execute(call("old", SLOW));
    await pause(30);
    const next = runner.execute(call("next", "true"));
    expect(await Promise.race([next, pause(1_500)])).toBe("still waiting");
  });

  it("is ended also by a newer instance, which attaches to what is still open", async () => {
    const old = runner.execute(call("old", SLOW, [10, "old"]));
    const kept = runner.execute(call("kept", "sleep 0.1; echo x >> f", [11, "old", "kept"]));
    await pause(30);
    const again = runner.execute(call("kept", "sleep 0.1; echo x >> f", [12, "kept"], { epoch: 2 }));
    expect(textOf(await old)).toBe(INTERRUPTED);
    expect(await again).toEqual(await kept);
    expect(await lines()).toBe("x\n");
  });

  it("leaves what runs beside it alone", async () => {
    const first = runner.execute(call("first", "sleep 0.05; echo x >> f", [10, "first", "second"]));
    const second = runner.execute(call("second", "echo x >> f", [10, "first", "second"]));
    expect([textOf(await first), textOf(await second)]).toEqual(["(no output)", "(no output)"]);
    expect(await lines()).toBe("x\nx\n");
  });

  it("does not run when it comes late, also after a restart", async () => {
    await runner.execute(call("next", "true", [20, "next"]));
    const late = call("old", "echo x >> f", [10, "old"]);
    expect(await runner.execute(late)).toEqual({ refused: "settled" });
    runner = runnerOn(sql);
    expect(await runner.execute(late)).toEqual({ refused: "settled" });
    expect(await lines()).toBe("");
  });

  it("holds nobody up after an interrupt whose cancel never arrived", async () => {
    const session = new OpenSession([
      { blocks: [use("bash", { command: SLOW })] },
      { blocks: [use("bash", { command: "echo x" })] },
      { blocks: [said("done")] },
    ]);
    session.result = async (one) => {
      const reply = await runner.execute({ ...one, deadline: Date.now() + 60_000 });
      if ("refused" in reply) throw new Error(reply.refused);
      return reply.result;
    };
    session.say("go");
    const turn = session.run();
    await pause(50);
    // The hand never hears of it.
    session.post({ type: "user.interrupt" });
    await turn;
    session.say("and now?");
    expect(await Promise.race([session.run(), pause(5_000)])).toBe("rest");
    expect(session.events("agent.tool_result").at(-1)).toMatchObject({ content: [{ text: "x" }], is_error: false });
  });
});

describe("the journal", () => {
  it("holds the open calls and nothing else, however many there were", async () => {
    for (let n = 1; n <= 50; n++) await runner.execute(call(`c${n}`, "echo x >> f", [n, `c${n}`]));
    expect(keys()).toEqual(["sesn_1/c50"]);
    await runner.cancel("sesn_1/never", 1);
    await runner.execute(call("c51", "echo x >> f", [51, "c51", "c50"]));
    expect(keys()).toEqual(["sesn_1/c50", "sesn_1/c51"]);
  });

  it("runs no call twice: not an open one, not one it has forgotten", async () => {
    const sent: Call[] = [];
    for (let n = 1; n <= 20; n++) {
      // Each is open until two more have come.
      const open = [n - 2, n - 1, n].filter((one) => one > 0).map((one) => `c${one}`);
      sent.push(call(`c${n}`, `echo ${n} >> f`, [n, ...open]));
      await runner.execute(sent[n - 1] as Call);
      if (n % 7 === 0) runner = runnerOn(sql);
      const again = await Promise.all(sent.map((one) => runner.execute(one)));
      expect(again.map((reply) => "result" in reply)).toEqual(sent.map((_, at) => at >= n - 3));
    }
    expect(await lines()).toBe(Array.from({ length: 20 }, (_, at) => `${at + 1}\n`).join(""));
  });

  it("of release 0.1 is read: a call it knows does not run again, and goes when it is settled", async () => {
    sql.exec("DROP TABLE open_calls");
    const known = JSON.stringify({ content: [{ type: "text", text: "known" }], isError: false });
    sql.exec("INSERT INTO call VALUES (?, ?, ?)", "sesn_1/open", "echo x >> f", known);
    sql.exec("INSERT INTO call VALUES (?, ?, ?)", "sesn_1/settled", "echo x >> f", known);
    sql.exec("UPDATE machine SET epoch = 3, shell = NULL");
    runner = runnerOn(sql);
    expect(await runner.execute(call("open", "echo x >> f", undefined, { epoch: 2 }))).toEqual({
      refused: "stale_epoch",
    });
    expect(textOf(await runner.execute(call("open", "echo x >> f", [40, "open"], { epoch: 4 })))).toBe("known");
    expect(await lines()).toBe("");
    await runner.execute(call("next", "true", [41, "open", "next"], { epoch: 4 }));
    expect(keys()).toEqual(["sesn_1/next", "sesn_1/open"]);
  });

  it("can still be written by release 0.1, which inserts by position", async () => {
    await runner.execute(call("new", "true", [1, "new"]));
    sql.exec("INSERT INTO call VALUES (?, ?, ?)", "sesn_1/old", "d", "{}");
    sql.exec("INSERT OR IGNORE INTO machine VALUES (1, 0, NULL)");
    expect(keys()).toEqual(["sesn_1/new", "sesn_1/old"]);
  });
});

async function replied(answer: Promise<Reply | string>): Promise<Reply> {
  const reply = await answer;
  return typeof reply === "string" ? { refused: "settled" } : reply;
}
