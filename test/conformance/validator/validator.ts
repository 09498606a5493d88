/**
 * Checks what the server says against the official SDK's types and our own rules. Imports nothing of what it checks. Each function answers
 * the violations it found; none means that the value is right as far as these rules go.
 */
import type { ValidateFunction } from "ajv/dist/2020.js";
import { sdkSchemas, sentence } from "./compile.ts";
import type { Kind } from "./kinds.ts";
import { BUDGET_RULES } from "./log/budget.ts";
import { CALL_RULES } from "./log/calls.ts";
import { CLIENT_RULES } from "./log/client.ts";
import { readLog, type WireEvent } from "./log/facts.ts";
import { SHAPE_RULES } from "./log/shape.ts";
import { SPAN_RULES } from "./log/spans.ts";
import { STATUS_RULES } from "./log/status.ts";
import { count, run, type Violation } from "./report.ts";
import { STREAM_RULES } from "./stream.ts";
import { VALUE_RULES } from "./values.ts";
import { isObject, type JsonObject } from "./walk.ts";

export type { Kind } from "./kinds.ts";
export { evaluated, forgetEvaluated, type Violation } from "./report.ts";

/** The generated schema is one rule: the SDK's types. */
export const SCHEMA_RULE = "schema";
const LOG_RULES = [...SHAPE_RULES, ...STATUS_RULES, ...BUDGET_RULES, ...CLIENT_RULES, ...SPAN_RULES, ...CALL_RULES];

/** The ids of all rules. */
export const RULE_IDS: readonly string[] = [
  SCHEMA_RULE,
  ...[...VALUE_RULES, ...LOG_RULES, ...STREAM_RULES].map((rule) => rule.id),
];

/** A whole response body, `JSON.parse`d. */
export function validateBody(kind: Kind, value: unknown): Violation[] {
  return [...schema(sdkSchemas().body(kind), value), ...run(VALUE_RULES, value)];
}

/** One stored event or stream frame, checked against the type that it says it has. */
export function validateEvent(value: unknown): Violation[] {
  const type = isObject(value) && typeof value.type === "string" ? value.type : "";
  const check = sdkSchemas().frame(type);
  if (check) return [...schema(check, value), ...run(VALUE_RULES, value)];
  count(SCHEMA_RULE);
  return [{ rule: SCHEMA_RULE, path: "/type", message: `no event of the SDK has the type "${type}"` }];
}

/** The whole log of one thread as listed in ascending order, pending events included. */
export function validateLog(events: readonly unknown[]): Violation[] {
  const each = events.flatMap((event, i) => at(i, validateEvent(event)));
  return events.every(isWireEvent) ? [...each, ...run(LOG_RULES, readLog([...events]))] : each;
}

/** All frames of one connection: the parsed `data:` of each, in the order received. */
export function validateStream(frames: readonly unknown[]): Violation[] {
  const each = frames.flatMap((frame, i) => at(i, validateEvent(frame)));
  return frames.every((frame): frame is JsonObject => isObject(frame))
    ? [...each, ...run(STREAM_RULES, [...frames])]
    : each;
}

function schema(check: ValidateFunction, value: unknown): Violation[] {
  count(SCHEMA_RULE);
  if (check(value)) return [];
  return (check.errors ?? []).map((e) => ({ rule: SCHEMA_RULE, path: e.instancePath, message: sentence(e) }));
}

function at(index: number, violations: Violation[]): Violation[] {
  return violations.map((violation) => ({ ...violation, path: `/${index}${violation.path}` }));
}

function isWireEvent(value: unknown): value is WireEvent {
  return isObject(value) && typeof value.id === "string" && typeof value.type === "string";
}
