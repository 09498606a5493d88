/** Why nothing has to notice some of the random mutations: what `survivors.txt` says of those that begin like its lines (`kind function: words`). */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Mutation } from "./random.ts";

export type Survivor = { reason: string } & Pick<Mutation, "kind" | "at" | "what">;

export const SURVIVORS: Survivor[] = readFileSync(resolve(import.meta.dirname, "survivors.txt"), "utf8")
  .split(/^# /m)
  .flatMap((block) => {
    const [reason = "", ...places] = block.trim().split("\n");
    return places.map((place) => {
      const [, kind, at = "", what = ""] = place.match(/^(\w+) (\w+): (.+)$/) ?? [];
      return { reason, kind: kind as Survivor["kind"], at, what };
    });
  });

export function fits({ kind, at, what }: Survivor, mutation: Mutation): boolean {
  return kind === mutation.kind && at === mutation.at && mutation.what.startsWith(what);
}

const FIELD = String.raw`this\.(#?\w+) \+?= (?!this\b)(?:[\w.]+|"\w+"|\{ \.\.\.[\w.]+ \});`;
/** Two different fields that each take a plain value, not one of this object's own: there are no setters here. */
const TWO_FIELDS = new RegExp(`^${FIELD} <> (?!this\\.\\1 )${FIELD}$`);

export function reasonFor(mutation: Mutation): string | null {
  if (mutation.kind === "swap" && TWO_FIELDS.test(mutation.what))
    return "two fields, each set from what the other is not";
  return SURVIVORS.find((known) => fits(known, mutation))?.reason ?? null;
}
