import { beforeEach, describe, expect, it } from "vitest";
import type { Call } from "../../src/hands/hand.ts";
import type { CallRunner } from "../../src/hands/sandbox/call-runner.ts";
import type { Sql } from "../../src/log/sql.ts";
import { nodeSql } from "../support/node-sql.ts";
import { runnerOn } from "./memory-machine.ts";

let sql: Sql;
let runner: CallRunner;
const boot = () => runnerOn(sql);
beforeEach(() => {
  sql = nodeSql();
  runner = boot();
});

function call(id: string, name: string, input: Record<string, unknown>, more: Partial<Call> = {}): Call {
  return {
    key: `sesn_1/${id}`,
    hand: "sandbox",
    name,
    input,
    digest: JSON.stringify(input),
    epoch: 1,
    deadline: Date.now() + 60_000,
    ...more,
  };
}
const append = (id: string, more?: Partial<Call>) => call(id, "bash", { command: "echo x >> f; cat f" }, more);
const text = (reply: unknown) => (reply as { result: { content: [{ text: string }] } }).result.content[0].text;
const file = async (path: string) => {
  const bytes = await runner.getFile(path);
  return bytes === null ? null : new TextDecoder().decode(bytes);
};

describe("the journal", () => {
  it("runs a key once: again gives the same bytes, also after a restart", async () => {
    const first = await runner.execute(append("a"));
    expect(text(first)).toBe("x");
    expect(await runner.execute(append("a"))).toEqual(first);
    runner = boot();
    expect(await runner.execute(append("a"))).toEqual(first);
    expect(text(await runner.execute(append("b")))).toBe("x\nx");
  });

  it("attaches to a running key", async () => {
    const [one, two] = await Promise.all([runner.execute(append("a")), runner.execute(append("a"))]);
    expect(one).toEqual(two);
    expect(await file("/workspace/f")).toBe("x\n");
  });

  it("refuses another digest, running or recorded", async () => {
    const running = runner.execute(append("a"));
    expect(await runner.execute(append("a", { digest: "other" }))).toEqual({ refused: "digest_conflict" });
    await running;
    expect(await runner.execute(append("a", { digest: "other" }))).toEqual({ refused: "digest_conflict" });
  });

  it("refuses an older epoch, also after a restart and for a recorded key", async () => {
    await runner.execute(append("a", { epoch: 5 }));
    expect(await runner.execute(append("a", { epoch: 4 }))).toEqual({ refused: "stale_epoch" });
    runner = boot();
    expect(await runner.execute(append("b", { epoch: 4 }))).toEqual({ refused: "stale_epoch" });
    expect(await runner.execute(append("b", { epoch: 5 }))).toMatchObject({ result: { isError: false } });
  });

  it("does not start a queued call whose caller has been replaced", async () => {
    const slow = runner.execute(call("slow", "bash", { command: "sleep 0.05" }));
    const queued = runner.execute(append("a"));
    const newer = runner.execute(call("new", "bash", { command: "true" }, { epoch: 2 }));
    await Promise.all([slow, newer]);
    expect(await queued).toEqual({ refused: "stale_epoch" });
    expect(await file("/workspace/f")).toBeNull();
  });

  it("does not start a call whose time is over", async () => {
    expect(text(await runner.execute(append("a", { deadline: Date.now() - 1 })))).toBe(
      "bash: no time was left to run it",
    );
    expect(await file("/workspace/f")).toBeNull();
  });

  it("keeps nothing of a call that died in the middle, which may then run", async () => {
    await runner.execute(append("a"));
    // The process "dies": its promise is left behind, and a new machine starts on the same disk.
    void runner.execute(call("b", "bash", { command: "echo half > f; mkdir d; sleep 100" }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    runner = boot();
    expect(await file("/workspace/f")).toBe("x\n");
    expect(text(await runner.execute(append("b")))).toBe("x\nx");
  });
});

describe("cancel", () => {
  it("stops a running call, discards its changes and records its end", async () => {
    const running = runner.execute(call("a", "bash", { command: "echo half > f; sleep 100" }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    runner.cancel("sesn_1/a", 1);
    expect(text(await running)).toBe("interrupted; it may have taken effect, check before repeating");
    expect(await file("/workspace/f")).toBeNull();
    expect(text(await runner.execute(append("b")))).toBe("x");
  });

  it("keeps a queued call and one that has not come from running", async () => {
    const slow = runner.execute(call("slow", "bash", { command: "sleep 0.05" }));
    const queued = runner.execute(append("a"));
    runner.cancel("sesn_1/a", 1);
    runner.cancel("sesn_1/b", 1);
    await slow;
    expect(text(await queued)).toBe("interrupted before it ran");
    expect(text(await runner.execute(append("b")))).toBe("interrupted before it ran");
    expect(await file("/workspace/f")).toBeNull();
  });

  it("leaves a recorded call alone, and does nothing for an old epoch", async () => {
    const done = await runner.execute(append("a", { epoch: 2 }));
    runner.cancel("sesn_1/a", 2);
    expect(await runner.execute(append("a", { epoch: 2 }))).toEqual(done);
    runner.cancel("sesn_1/b", 1);
    expect(text(await runner.execute(append("b", { epoch: 2 })))).toBe("x\nx");
  });
});

describe("files", () => {
  const sh = async (command: string) => text(await runner.execute(call(String(Math.random()), "bash", { command })));

  it("survive a restart with links, modes and sizes", async () => {
    await sh("mkdir -p d/e; echo one > d/e/f; ln d/e/f hard; ln -s d/e soft; chmod 600 hard; : > empty");
    runner = boot();
    expect(await sh("cat soft/f; echo two >> hard; cat d/e/f; stat -c %a d/e/f; ls")).toBe(
      "one\none\ntwo\n600\nd\nempty\nhard\nsoft",
    );
    await sh("rm d/e/f; mv hard soft/g; rm -r soft");
    runner = boot();
    expect(await sh("find . -type f | sort; cat d/e/g")).toBe("./d/e/g\n./empty\none\ntwo");
  });

  it("leave no rows behind when they go", async () => {
    const rows = () => Number(sql.exec("SELECT count(*) n FROM chunk")[0]!.n);
    await sh("echo a > f; echo b > g");
    expect(rows()).toBe(2);
    await sh("echo c > f; rm g");
    expect(rows()).toBe(1);
    await sh("rm f");
    expect(rows()).toBe(0);
  });

  it("are not found below a file, in a circle of links, or under a name that no file can have", async () => {
    await sh("echo a > f; ln -s loop loop; ln -s f link");
    for (const path of ["/workspace/f/below", "/workspace/loop", `/workspace/${"n".repeat(300)}`])
      expect(await file(path)).toBeNull();
    expect(await file("/workspace/link")).toBe("a\n");
  });

  it("keep bytes above the memory limit only with the commit", async () => {
    const block = new Uint8Array(3 * 1024 * 1024).fill(7);
    for (const n of [1, 2, 3, 4]) await runner.putFile(`/workspace/${n}`, block);
    const before = Number(sql.exec("SELECT sum(length(bytes)) n FROM chunk")[0]!.n);
    expect(before).toBe(4 * block.length);
    void runner.execute(call("dies", "bash", { command: "cp 1 a; cp 2 b; cp 3 c; cp 4 d; sleep 100" }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    runner = boot();
    expect(Number(sql.exec("SELECT sum(length(bytes)) n FROM chunk")[0]!.n)).toBe(before);
    expect(await runner.getFile("/workspace/a")).toBeNull();
    expect(await runner.getFile("/workspace/4")).toEqual(block);
  });

  it("end at their limits with an error that names them", async () => {
    expect(await runner.putFile("/workspace/big", new Uint8Array(8 * 1024 * 1024 + 1))).toContain("8388608");
    const block = new Uint8Array(8 * 1024 * 1024);
    for (let n = 0; n < 8; n++) await runner.putFile(`/workspace/${n}`, block);
    expect(await runner.putFile("/workspace/9", new Uint8Array(1))).toContain("ENOSPC");
    expect(await sh("rm 0; echo fits > 9; cat 9")).toBe("fits");
  });

  it("cannot change the system's own", async () => {
    expect(
      await sh("rm -rf /bin; echo x > /bin/ls; echo y > /dev/null; cat /dev/null; ls /bin | grep -c '^ls$'"),
    ).toContain("1");
  });
});
