/** What every machine promises (src/hands/machine.ts), as one suite. `make` gives a fresh machine. */
import { describe, expect, it } from "vitest";
import { BARE_PROVISION, type Machine } from "../../src/hands/machine.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const options = { timeoutMs: 10_000 };

export function machineSuite(name: string, make: () => Promise<Machine>): void {
  describe(`${name}: a machine`, () => {
    it("gives back the bytes written, makes parent directories, and replaces what was there", async () => {
      const machine = await make();
      await machine.write("/workspace/a/b.txt", bytes("one"));
      await machine.write("/workspace/a/b.txt", bytes("two"));
      expect(text(await machine.read("/workspace/a/b.txt"))).toBe("two");
      expect(await machine.list("/workspace/a")).toEqual(["b.txt"]);
    });

    it("tells files, directories and links apart, and missing paths from both", async () => {
      const machine = await make();
      await machine.write("/workspace/f", bytes("12345"));
      await machine.exec("ln -s f /workspace/l", options);
      expect(await machine.stat("/workspace/f")).toMatchObject({ kind: "file", size: 5 });
      expect(await machine.stat("/workspace")).toMatchObject({ kind: "directory" });
      expect(await machine.lstat("/workspace/l")).toMatchObject({ kind: "symlink" });
      expect(await machine.stat("/workspace/l")).toMatchObject({ kind: "file" });
      expect(await machine.realpath("/workspace/l")).toBe("/workspace/f");
      expect(await machine.stat("/workspace/none")).toBeNull();
    });

    it("rejects with the POSIX code", async () => {
      const machine = await make();
      await expect(machine.read("/workspace/none")).rejects.toMatchObject({ name: "MachineError", code: "ENOENT" });
      await expect(machine.list("/workspace/none")).rejects.toMatchObject({ code: "ENOENT" });
      await expect(machine.read("/workspace")).rejects.toMatchObject({ code: "EISDIR" });
    });

    it("runs commands in /workspace and gives output and exit code", async () => {
      const machine = await make();
      expect(await machine.exec("pwd; echo out; echo err >&2; exit 3", options)).toEqual({
        output: "/workspace\nout\nerr\n",
        truncated: false,
        exitCode: 3,
        timedOut: false,
      });
    });

    it("shares its files with the shell", async () => {
      const machine = await make();
      await machine.write("/workspace/in", bytes("b\na\n"));
      await machine.exec("sort in > out", options);
      expect(text(await machine.read("/workspace/out"))).toBe("a\nb\n");
    });

    it("keeps all that a piece of work changed, with what is recorded of it, or nothing", async () => {
      const machine = await make();
      const recorded: string[] = [];
      const change = async (name: string) => {
        await machine.write(`/workspace/${name}`, bytes(name));
        await machine.exec(`echo ${name} > /tmp/${name}`, options);
        return name;
      };
      await expect(
        machine.atomically(
          () => change("thrown").then(() => Promise.reject(new Error("no"))),
          () => recorded.push("thrown"),
        ),
      ).rejects.toThrow("no");
      const full = () => {
        throw new Error("the journal is full");
      };
      await expect(machine.atomically(() => change("unrecorded"), full)).rejects.toThrow("full");
      expect(await machine.list("/workspace")).toEqual([]);
      expect((await machine.exec("ls /tmp", options)).output).toBe("");
      expect(
        await machine.atomically(
          () => change("kept"),
          (name) => recorded.push(name),
        ),
      ).toBe("kept");
      expect(recorded).toEqual(["kept"]);
      expect((await machine.exec("cat /workspace/kept /tmp/kept", options)).output).toBe("keptkept\n");
    });

    it("matches lines in linear time, and says what is wrong with an expression", async () => {
      const machine = await make();
      const pattern = machine.linePattern("^(a+)+$");
      if ("problem" in pattern) throw new Error(pattern.problem);
      expect([pattern.test("aaa"), pattern.test(`${"a".repeat(5_000)}b`)]).toEqual([true, false]);
      expect(machine.linePattern("(")).toEqual({ problem: expect.stringContaining("missing closing") });
    });

    it("starts as it is, and again", async () => {
      const machine = await make();
      await machine.start(BARE_PROVISION);
      await machine.write("/workspace/f", bytes("kept"));
      await machine.start(BARE_PROVISION);
      expect(text(await machine.read("/workspace/f"))).toBe("kept");
    });

    it("stops a command when its time is over", async () => {
      const machine = await make();
      expect(await machine.exec("sleep 100", { timeoutMs: 50 })).toMatchObject({ timedOut: true });
    });
  });
}
