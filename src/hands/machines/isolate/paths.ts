/** Walks paths through the tree, symbolic links included. */
import { MAX_LINKS_FOLLOWED, MAX_NAME_BYTES, MAX_PATH_BYTES } from "./limits.ts";
import { fsError, type Node } from "./node.ts";

/** What a path leads to: the directory that holds its last name, that name, and the node itself if it is there. */
export interface PathPlace {
  parent: Node;
  name: string;
  node: Node | null;
}

/** Rejects names that no entry may have. */
function checkPath(path: string, operation: string): void {
  if (path.includes("\0")) throw fsError("EINVAL", operation, path);
  if (path.length > MAX_PATH_BYTES) throw fsError("ENAMETOOLONG", operation, `${path.slice(0, 100)}…`);
}

/**
 * The place a path names. The last name is followed through links only if `follow`; a missing last name gives `node: null`, a missing
 * directory before it ENOENT.
 */
export function locate(root: Node, path: string, follow: boolean, operation: string): PathPlace {
  checkPath(path, operation);
  let names = path.split("/").filter((part) => part !== "" && part !== ".");
  let place: PathPlace = { parent: root, name: "", node: root };
  let followed = 0;
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as string;
    const here = place.node;
    if (here === null) throw fsError("ENOENT", operation, path);
    if (here.kind !== "directory") throw fsError("ENOTDIR", operation, path);
    if (name === "..") {
      const up: Node = here.parent ?? root;
      place = { parent: up.parent ?? root, name: "", node: up };
      continue;
    }
    if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) throw fsError("ENAMETOOLONG", operation, path);
    place = { parent: here, name, node: here.entries.get(name) ?? null };
    const last = at === names.length - 1;
    if (place.node?.kind === "symlink" && (!last || follow)) {
      if (++followed > MAX_LINKS_FOLLOWED) throw fsError("ELOOP", operation, path);
      const { target } = place.node;
      names = [...target.split("/").filter((part) => part !== "" && part !== "."), ...names.slice(at + 1)];
      at = -1;
      const start = target.startsWith("/") ? root : here;
      place = { parent: start.parent ?? root, name: "", node: start };
    }
  }
  return place;
}

/** The path of a directory. */
export function pathOf(directory: Node): string {
  const names: string[] = [];
  for (let node = directory; node.parent !== null && node.parent !== node; node = node.parent) {
    for (const [name, child] of node.parent.entries) if (child === node) names.unshift(name);
  }
  return `/${names.join("/")}`;
}
