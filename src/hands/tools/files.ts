/** Paths and file errors as the tools word them (spec/core.md §5.2). */
import { type FileStat, type Machine, MachineError } from "../machine.ts";
import { ToolError } from "./tool.ts";

/** Where relative paths begin, and where the shell starts (spec/core.md §5.4). */
export const WORKSPACE = "/workspace";
/** Part of the descriptions of tools that take a path. */
export const PATHS_TEXT = `Relative paths start at ${WORKSPACE}.`;
/** Bytes of a file that `read` and `edit` take whole. */
export const FILE_LIMIT_BYTES = 256 * 1024;

/** The absolute path that a tool's path means: from /workspace, without `.` and `..`. */
export function absolute(path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${WORKSPACE}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The state of a file that must be an ordinary one, links followed. `shown` is the path as the model gave it. */
export async function regularFile(machine: Machine, tool: string, shown: string): Promise<FileStat> {
  const stat = await failing(tool, shown, () => machine.stat(absolute(shown)));
  if (stat === null) throw new ToolError(tool, `${shown}: no such file`);
  if (stat.kind !== "file") throw new ToolError(tool, `${shown} is not a regular file`);
  return stat;
}

/** The directory that a search starts in, links resolved; /workspace unless a path is given. */
export async function directory(machine: Machine, tool: string, shown: string | undefined): Promise<string> {
  const path = absolute(shown ?? WORKSPACE);
  const stat = await failing(tool, shown ?? path, () => machine.stat(path));
  if (stat === null) throw new ToolError(tool, `${shown ?? path}: no such directory`);
  if (stat.kind !== "directory") throw new ToolError(tool, `${shown ?? path} is not a directory`);
  return failing(tool, shown ?? path, () => machine.realpath(path));
}

const REASONS: Record<string, string> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "is a directory",
  EEXIST: "already exists",
  ELOOP: "too many symbolic links",
  EINVAL: "the path is not valid",
  ENAMETOOLONG: "the path is too long",
};

/** Runs a file method; what it rejects with becomes a tool error that names the path. */
export async function failing<T>(tool: string, shown: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    throw new ToolError(tool, `${shown}: ${REASONS[error.code] ?? error.message}`);
  }
}
