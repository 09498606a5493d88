/** The directories every session starts with. The system's own live in memory and are the same for all: commands are looked up in `/bin`. */
import { type Node, newNode } from "./node.ts";
import { DEVICE_MODE, SYSTEM_MODE, type Tree } from "./tree.ts";

/** Stored directories that are made at first start (spec/core.md §5.4). */
const STORED = ["/workspace", "/tmp", "/home/user", "/mnt/session/outputs", "/mnt/session/uploads"];
const DEVICES = ["null", "zero", "stdin", "stdout", "stderr"];

/** Makes the stored directories that are missing and hangs the system's in; to be called after every load. */
export function installCommands(tree: Tree, commands: string[], now: number): void {
  for (const path of STORED) tree.mkdir(path, true, now);
  let ino = -1_000_000;
  const directory = (parent: Node, name: string, mode: number): Node => {
    const node = newNode(ino--, "directory", mode, now);
    node.parent = parent;
    node.links = 0;
    parent.entries.set(name, node);
    return node;
  };
  const usr = directory(tree.root, "usr", SYSTEM_MODE);
  for (const bin of [directory(tree.root, "bin", SYSTEM_MODE), directory(usr, "bin", SYSTEM_MODE)]) {
    for (const name of commands) bin.entries.set(name, newNode(ino--, "file", 0o755, now));
  }
  const dev = directory(tree.root, "dev", SYSTEM_MODE);
  for (const name of DEVICES) dev.entries.set(name, newNode(ino--, "file", DEVICE_MODE, now));
  // Process substitution keeps its bytes here, each for the length of one command.
  directory(dev, "fd", 0o700);
}
