/** Types that compare types and name what differs by its path. An empty object `satisfies Named<…>` only if there is nothing to name. */
import type { Json } from "../../src/protocol/json.ts";

/** Asks for a value for each name: `{} satisfies Named<never>` passes, anything else fails with the names in the error. */
export type Named<Names extends string> = Record<Names, "not in ours">;

type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: 1 } & string;
type Keys<T> = T extends unknown ? KnownKeys<T> : never;
type Value<T, K> = T extends unknown ? (K extends keyof T ? T[K] : never) : never;
type Primitive = string | number | boolean | bigint | symbol | null | undefined;
type IsUnknown<T> = unknown extends T ? true : false;

/** The member of `Ours` that carries the `type` of `Theirs`; all of it when there is no `type` to go by. */
type Match<Theirs, Ours> = Theirs extends { type?: infer T } ? Extract<Ours, { type?: T }> : Extract<Ours, object>;

/**
 * Dotted paths of the keys and union members that `Theirs` has anywhere and `Ours` lacks. Assignability sees neither a new optional key
 * nor, in requests, a new member of a union behind a wider one.
 */
export type Missing<Theirs, Ours, Path extends string = ""> =
  true extends IsUnknown<Theirs>
    ? never
    : Theirs extends Primitive
      ? never
      : Theirs extends readonly (infer T)[]
        ? Missing<T, Ours extends readonly (infer O)[] ? O : never, Path>
        : [Match<Theirs, Ours>] extends [never]
          ? `${Path}<${Theirs extends { type?: infer T extends string } ? T : "object"}>`
          : { [K in KnownKeys<Theirs>]: MissingAt<Theirs, Match<Theirs, Ours>, K, Path> }[KnownKeys<Theirs>];

type MissingAt<Theirs, Ours, K extends string, Path extends string> =
  K extends Keys<Ours>
    ? K extends keyof Theirs
      ? Missing<NonNullable<Theirs[K]>, NonNullable<Value<Ours, K>>, `${Path}${K}.`>
      : never
    : `${Path}${K}`;

/** Dotted paths at which a type is `any` or `unknown`; `*` stands for a map's value. `Json` is typed all the way down. */
export type Untyped<T, Path extends string = ""> =
  true extends IsUnknown<T>
    ? Path
    : [Json] extends [T]
      ? never
      : T extends Primitive
        ? never
        : T extends readonly (infer E)[]
          ? Untyped<E, Path>
          : { [K in keyof T & string]-?: Untyped<T[K], `${Path}.${string extends K ? "*" : K}`> }[keyof T & string];
