/** A bounded walk over a directory tree, for `glob` and `grep` (spec/core.md §5.2). */
import { type FileStat, type Machine, MachineError } from "../machine.ts";
import type { YieldController } from "../yield-controller.ts";

/** Directories below the root, and entries in all, that one walk looks at. */
const WALK_DEPTH = 40;
const WALK_ENTRIES = 50_000;
const SKIPPED = new Set([".git", "node_modules"]);

export interface FoundFile {
  /** Absolute. */
  path: string;
  /** Below the walk's root, without a leading slash. */
  relative: string;
  stat: FileStat;
}

/** The regular files below `root`, in name order. Symbolic links are not followed, so a link cannot lead out or in a circle. */
export async function* walkFiles(
  machine: Machine,
  root: string,
  yieldController: YieldController,
): AsyncGenerator<FoundFile> {
  let left = WALK_ENTRIES;
  const stack: { relative: string; depth: number }[] = [{ relative: "", depth: 0 }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { relative, depth } = next;
    const below: { relative: string; depth: number }[] = [];
    for (const name of await names(machine, join(root, relative))) {
      if (SKIPPED.has(name)) continue;
      if (left-- === 0) return;
      await yieldController.due();
      const child = relative === "" ? name : `${relative}/${name}`;
      const path = join(root, child);
      const stat = await machine.lstat(path);
      if (stat?.kind === "file") yield { path, relative: child, stat };
      if (stat?.kind === "directory" && depth < WALK_DEPTH) below.push({ relative: child, depth: depth + 1 });
    }
    stack.push(...below.reverse());
  }
}

/** The names in a directory; one that cannot be read counts as empty, as long as it is not the root. */
async function names(machine: Machine, path: string): Promise<string[]> {
  try {
    return (await machine.list(path)).sort();
  } catch (error) {
    if (error instanceof MachineError) return [];
    throw error;
  }
}

function join(root: string, relative: string): string {
  if (relative === "") return root;
  return root === "/" ? `/${relative}` : `${root}/${relative}`;
}
