/** One file, directory or symbolic link of the isolate's file system, in memory. */
import { MachineError } from "../../machine.ts";

export type Kind = "file" | "directory" | "symlink";

export interface Node {
  /** Positive for what is stored; negative for the system's own entries, which live in memory only. */
  ino: number;
  kind: Kind;
  mode: number;
  /** Milliseconds since 1970. */
  mtime: number;
  /** Directory entries that name it. */
  links: number;
  /** Bytes of a file. */
  size: number;
  /** Where a file's bytes are stored; null when it is empty or its bytes are still pending. */
  blob: number | null;
  /** A file's bytes since the last commit: the first `size` of this buffer. */
  pending: Uint8Array | null;
  /** A symbolic link's target. */
  target: string;
  /** A directory's entries. */
  entries: Map<string, Node>;
  /** A directory's own directory; itself for the root. */
  parent: Node | null;
}

export function newNode(ino: number, kind: Kind, mode: number, mtime: number): Node {
  return {
    ino,
    kind,
    mode,
    mtime,
    links: 0,
    size: 0,
    blob: null,
    pending: null,
    target: "",
    entries: new Map(),
    parent: null,
  };
}

const MEANING: Record<string, string> = {
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EISDIR: "illegal operation on a directory",
  EEXIST: "file already exists",
  ENOTEMPTY: "directory not empty",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  ELOOP: "too many levels of symbolic links",
  EINVAL: "invalid argument",
  ENAMETOOLONG: "file name too long",
};

/** An error as the interpreter's commands read it: the code first, the path quoted. */
export function fsError(code: string, operation: string, path: string, more?: string): MachineError {
  return new MachineError(code, `${code}: ${more ?? MEANING[code] ?? "failed"}, ${operation} '${path}'`);
}
