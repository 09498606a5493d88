/** What every machine promises (src/hands/machine.ts), as one suite. `make` gives a fresh machine. */
import { describe, expect, it } from "vitest";
import type { Machine } from "../../src/hands/machine.ts";

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

    it("stops a command when its time is over", async () => {
      const machine = await make();
      expect(await machine.exec("sleep 100", { timeoutMs: 50 })).toMatchObject({ timedOut: true });
    });
  });
}
