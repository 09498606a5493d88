/** What a rule of the checklist is (spec/messages.md §15), and how it refuses. */
import type { Request } from "./request.ts";

export interface Refusal {
  status: number;
  type: string;
  message: string;
  code?: string;
  path?: string;
}

export interface Rule {
  /** `family.name`; the tests hold a passing and a refused request for each. */
  id: string;
  check(request: Request): Refusal | null;
}

export const rule = (id: string, check: Rule["check"]): Rule => ({ id, check });

/** A 400; with a path the message begins with it, as the API's own do. */
export function invalid(message: string, path?: string, code?: string): Refusal {
  return {
    status: 400,
    type: "invalid_request_error",
    message: path === undefined ? message : `${path}: ${message}`,
    ...(path === undefined ? {} : { path }),
    ...(code === undefined ? {} : { code }),
  };
}

export function extra(path: string): Refusal {
  return invalid("Extra inputs are not permitted", path);
}

/** A beta field without its header gives the same error as an unknown field (§2). */
export function withoutBeta(request: Request, betas: readonly string[] | undefined): boolean {
  return betas !== undefined && !betas.some((beta) => request.betas.has(beta));
}

/** The first refusal that `check` finds among the items. */
export function firstOf<T>(items: Iterable<T>, check: (item: T, index: number) => Refusal | null): Refusal | null {
  let index = 0;
  for (const item of items) {
    const refusal = check(item, index++);
    if (refusal !== null) return refusal;
  }
  return null;
}
