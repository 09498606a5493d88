import { abortAllDurableObjects, env, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import machineText from "../../dist/machine.txt";
import { type Call, errorResult, HandRefused, NO_MACHINE_TEXT } from "../../src/hands/hand.ts";
import { BARE_PROVISION } from "../../src/hands/machine.ts";
import { sandboxHand } from "../../src/hands/sandbox/client.ts";
import { Sandbox } from "../../src/hands/sandbox/sandbox.ts";

let count = 0;
const session = () => `sesn_test${++count}`;
const hand = (id: string) => sandboxHand(env.SANDBOX, id, BARE_PROVISION);

function bash(id: string, command: string, more: Partial<Call> = {}): Call {
  const key = `${id}/${++count}`;
  return {
    key,
    hand: "sandbox",
    name: "bash",
    input: { command },
    digest: command,
    epoch: 1,
    deadline: Date.now() + 30_000,
    ...more,
  };
}
async function run(id: string, command: string): Promise<string> {
  return (await hand(id).execute(bash(id, command))).content[0]!.text;
}

describe("the shell", () => {
  it("keeps directory, variables, arrays, functions, aliases and options from call to call", async () => {
    const id = session();
    await run(
      id,
      'mkdir d; cd d; x=1; export Y=2; a=(p q); declare -A m=([k]=v); f() { echo "f $1"; }; set -o pipefail; shopt -s nullglob',
    );
    await run(id, "shopt -s expand_aliases; alias hi='echo hello'; cd ..; cd -");
    expect(
      await run(
        id,
        `pwd; echo $x \${a[1]} \${m[k]}; f 3; bash -c 'echo $x,$Y'; false | true; echo $?; echo *.none; hi`,
      ),
    ).toBe("/workspace/d\n1 q v\nf 3\n,2\n1\n\nhello");
  });

  it("keeps them over a restart, and drops them on restart: true and after a timeout", async () => {
    const id = session();
    await run(id, "cd /tmp; x=kept");
    await abortAllDurableObjects();
    expect(await run(id, "pwd; echo $x")).toBe("/tmp\nkept");
    await hand(id).execute(bash(id, "", { input: { restart: true } }));
    expect(await run(id, "pwd; echo [$x]; x=again")).toBe("/workspace\n[]");
    const late = await hand(id).execute(
      bash(id, "", { input: { command: "echo seen > f; sleep 100", timeout_ms: 100 } }),
    );
    expect(late.content[0]!.text).toContain("timed out after 100 ms");
    expect(await run(id, "echo [$x]; cat f")).toBe("[]\nseen");
  });

  it("writes both streams in the order of the statements", async () => {
    expect(await run(session(), "ls /none; echo a; ls /none2; echo b")).toBe(
      "ls: /none: No such file or directory\na\nls: /none2: No such file or directory\nb",
    );
  });

  it("saves the state of a script that exits, and keeps the old one when it does not parse", async () => {
    const id = session();
    await run(id, "x=1; exit 3");
    await run(id, "x=2; if then");
    expect(await run(id, "echo $x")).toBe("1");
  });

  it("has the everyday commands", async () => {
    const id = session();
    await run(id, "printf '%s\\n' 'id,v' 'b,2' 'a,10' > d.csv");
    expect(
      await run(id, "tail -n +2 d.csv | sort -t, -k2,2n | cut -d, -f1; awk -F, 'NR>1{s+=$2}END{print s}' d.csv"),
    ).toBe("b\na\n12");
    expect(
      await run(
        id,
        "sed -n 's/a,/A;/p' d.csv; grep -c , d.csv; echo '{\"k\":[1,2]}' | jq '.k|add'; diff <(echo 1) <(echo 1)",
      ),
    ).toBe("A;10\n3\n3");
  });
});

describe("at most once", () => {
  it("gives a key's bytes again, also after a reset, and refuses another digest or an old epoch", async () => {
    const id = session();
    const call = bash(id, "echo x >> f; wc -l < f");
    const first = await hand(id).execute(call);
    expect(await hand(id).execute(call)).toEqual(first);
    await abortAllDurableObjects();
    expect(await hand(id).execute({ ...call, epoch: 7 })).toEqual(first);
    expect(await run(id, "true").catch((error: unknown) => error)).toEqual(new HandRefused("stale_epoch"));
    await expect(hand(id).execute({ ...call, epoch: 7, digest: "other" })).rejects.toEqual(
      new HandRefused("digest_conflict"),
    );
  });

  it("leaves nothing of a command that is killed, then runs it", async () => {
    const id = session();
    await run(id, "echo before > f");
    const command = "echo half > f; cd /tmp; x=half; while [ ! -e /workspace/go ]; do sleep 0.01; done; echo ran";
    const call = bash(id, command, { deadline: Date.now() + 1000 });
    const killed = env.SANDBOX.getByName(id)
      .execute(call, BARE_PROVISION)
      .then(
        () => "answered",
        () => "broken",
      );
    await scheduler.wait(100);
    await abortAllDurableObjects();
    expect(await killed).toBe("broken");
    expect(await run(id, "cat f; pwd; echo [$x]; touch go")).toBe("before\n/workspace\n[]");
    const again = await hand(id).execute({ ...call, deadline: Date.now() + 30_000 });
    expect(again.content[0]!.text).toBe("ran");
    expect(await run(id, "cat /workspace/f; pwd; echo $x")).toBe("half\n/tmp\nhalf");
  });

  it("sends the call again by itself when the sandbox is reset", async () => {
    const id = session();
    await run(id, "true");
    const answer = hand(id).execute(bash(id, "sleep 0.2; echo x >> f; wc -l < f"));
    await scheduler.wait(50);
    await abortAllDurableObjects();
    expect((await answer).content[0]!.text).toBe("1");
  });

  it("says that the outcome is unknown when the deadline comes first", async () => {
    const result = await sandboxHand(
      { getByName: () => ({ execute: () => Promise.reject(new Error("reset")) }) } as never,
      "s",
      BARE_PROVISION,
    ).execute(bash("s", "true", { deadline: Date.now() - 5_000 }));
    expect(result).toMatchObject({ isError: true, unknown: true });
  });

  it("cancels a running call and discards its changes", async () => {
    const id = session();
    const call = bash(id, "echo half > f; sleep 100");
    const running = hand(id).execute(call);
    await scheduler.wait(100);
    await hand(id).cancel(call.key, 1);
    expect((await running).content[0]!.text).toBe("interrupted; it may have taken effect, check before repeating");
    expect(await run(id, "ls")).toBe("(no output)");
  });
});

describe("a machine that does not start", () => {
  const LOADER = {
    get: () => {
      throw new Error("the binding is not enabled");
    },
  };

  it("is a result that the model sees, after a few tries, and the operator is told why", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    const id = session();
    await runInDurableObject(env.SANDBOX.getByName(id), async (_, state) => {
      const tries = vi.spyOn(LOADER, "get");
      const sandbox = new Sandbox(state, { ...env, LOADER: LOADER as never });
      const call = bash(id, "true");
      const [reply] = await Promise.all([sandbox.execute(call, BARE_PROVISION), sandbox.warm(1, BARE_PROVISION)]);
      expect(reply).toEqual({ result: { ...errorResult(NO_MACHINE_TEXT), unknown: true } });
      expect(tries).toHaveBeenCalledTimes(5);
    });
    expect(told.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
      { level: "error", event: "machine_start", session: id, tries: 5, error: "Error: the binding is not enabled" },
    ]);
    told.mockRestore();
  });

  it("since it cannot be what is asked says so at once, and starts when nothing more is asked", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    const id = session();
    const mounts = [{ path: "/mnt/memory/notes", access: "read_write" as const }];
    const asking = sandboxHand(env.SANDBOX, id, { ...BARE_PROVISION, mounts });
    expect(await asking.execute(bash(id, "true"))).toMatchObject({
      content: [{ text: `${NO_MACHINE_TEXT} (the isolate machine has no mounts)` }],
      isError: true,
    });
    expect(told.mock.calls.map(([line]) => JSON.parse(line).tries)).toEqual([1]);
    told.mockRestore();
    expect(await run(id, "echo here")).toBe("here");
    // As a session of release 0.1 asks.
    using reply = await env.SANDBOX.getByName(id).execute(bash(id, "echo there"));
    expect(reply).toMatchObject({ result: { content: [{ text: "there" }] } });
  });
});

describe("the files", () => {
  it("survive a reset of every object, and end with remove", async () => {
    const id = session();
    await run(id, "mkdir -p a/b; echo kept > a/b/f; ln -s a/b l; echo out > /mnt/session/outputs/o");
    await abortAllDurableObjects();
    expect(await run(id, "cat l/f /mnt/session/outputs/o")).toBe("kept\nout");
    await hand(id).remove();
    await hand(id).remove();
    expect(await run(id, "ls")).toBe("(no output)");
  });

  it("go in and out by putFile and getFile, in their folders only", async () => {
    const sandbox = env.SANDBOX.getByName(session());
    const bytes = new Uint8Array([0, 255, 10]);
    await sandbox.putFile("/workspace/in/data.bin", bytes);
    expect(await sandbox.getFile("/workspace/in/data.bin")).toEqual({ ok: true, value: bytes });
    expect(await sandbox.getFile("/workspace/none")).toEqual({ ok: true, value: null });
    for (const path of ["/etc/x", "/workspace/../etc/x", "/workspace", "/workspacex/y", "workspace/x"]) {
      expect(await sandbox.getFile(path)).toMatchObject({ ok: false, error: { status: 400 } });
      expect(await sandbox.putFile(path, bytes)).toMatchObject({ ok: false, error: { status: 400 } });
    }
  });
});

describe("the isolate", () => {
  /** The machine's text with a class that looks around from inside, in the place that agent code would reach if it left the interpreter. */
  const probe = `${machineText}
import { DurableObject as ProbeBase } from "cloudflare:workers";
export class Probe extends ProbeBase {
  async look() {
    const tries = {
      env: () => Object.keys(this.env),
      moduleEnv: async () => Object.keys((await import("cloudflare:workers")).env),
      processEnv: () => Object.keys(globalThis.process?.env ?? {}),
      constructor: () => Function("return this")(),
      evaluate: () => (0, eval)("1"),
      fetch: () => fetch("http://127.0.0.1:1/"),
      connect: async () => { const s = (await import("cloudflare:sockets")).connect("127.0.0.1:1"); await s.opened; },
    };
    const seen = {};
    for (const [name, attempt] of Object.entries(tries)) {
      try { seen[name] = { value: await attempt() }; } catch (error) { seen[name] = { error: String(error).slice(0, 200) }; }
    }
    return seen;
  }
  async mark(value) { const before = globalThis.mark ?? null; globalThis.mark = value; return before; }
}`;

  it("gives code inside it no bindings, no network and no way to make code", async () => {
    const id = session();
    const seen = await runInDurableObject(env.SANDBOX.getByName(id), async (_sandbox, ctx) => {
      const worker = env.LOADER.get(`probe:${id}`, () => ({
        compatibilityDate: "2026-11-01",
        compatibilityFlags: ["nodejs_compat"],
        mainModule: "machine.js",
        modules: { "machine.js": probe },
        env: {},
        globalOutbound: null,
      }));
      const facet = ctx.facets.get("probe", () => ({ class: worker.getDurableObjectClass("Probe") }));
      return (await (facet as unknown as { look(): Promise<Record<string, unknown>> }).look()) as Record<
        string,
        { value?: unknown; error?: string }
      >;
    });
    expect(seen.env).toEqual({ value: [] });
    expect(seen.moduleEnv).toEqual({ value: [] });
    expect(seen.processEnv).toEqual({ value: [] });
    for (const name of ["constructor", "evaluate", "fetch", "connect"]) expect(seen[name]?.error, name).toBeDefined();
  });

  it("keeps two sessions' globals, files and variables apart", async () => {
    const [one, two] = [session(), session()];
    await run(one, "x=secret; export Y=secret; echo secret > /tmp/s; echo secret > /dev/fd/9; f() { :; }");
    expect(await run(two, "echo [$x$Y]; ls /tmp /dev/fd; type f; env | grep -c secret")).not.toContain("secret");
  });

  it.each([
    'awk \'BEGIN{print constructor; print __proto__; print ENVIRON["constructor"]; x["__proto__"]=1; print x["constructor"]}\'',
    'jq -n \'{} | .constructor, .__proto__, ("a"|.constructor?), env.constructor, ({"__proto__":{"a":1}}|.a)\'',
    `echo \${constructor} \${__proto__} \${toString}; constructor=1; __proto__=2; declare -A a=([__proto__]=3); echo \${a[constructor]}`,
    "$(echo constructor); __proto__; toString; hasOwnProperty",
    `printf '%s' "\${constructor:-none}"; cat /proc/self/environ /etc/passwd 2>/dev/null; env`,
  ])("shows no host object to %s", async (command) => {
    const text = await run(session(), command);
    for (const trace of ["[native code]", "[object ", "function ", "=>", "LOADER", "API_KEYS", "sk-"])
      expect(text).not.toContain(trace);
  });
});
