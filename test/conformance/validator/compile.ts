/**
 * The compiled schemas: written from the SDK's types at first use, never stored. An instance knows which definition each kind and each
 * event type has, so that an event is checked against the one member that its `type` names.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { Declarations } from "./declarations.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { type Schema, SchemaWriter } from "./schema.ts";

const SCHEMA_ID = "sdk";

/** spec/core.md §1.4: the envelope of every error answer. */
const ERROR: Schema = {
  type: "object",
  required: ["type", "error", "request_id"],
  additionalProperties: false,
  properties: {
    type: { type: "string", const: "error" },
    request_id: { type: "string" },
    error: {
      type: "object",
      required: ["type", "message"],
      additionalProperties: false,
      properties: {
        type: {
          type: "string",
          enum: [
            "invalid_request_error",
            "authentication_error",
            "billing_error",
            "permission_error",
            "not_found_error",
            "conflict_error",
            "memory_path_conflict_error",
            "memory_precondition_failed_error",
            "request_too_large",
            "rate_limit_error",
            "api_error",
            "timeout_error",
            "overloaded_error",
          ],
        },
        message: { type: "string" },
        details: {
          type: "object",
          required: ["error_code"],
          additionalProperties: false,
          properties: { error_code: { type: "string" } },
        },
      },
    },
  },
};

export interface Compiled {
  /** Checks a body of this kind. */
  body(kind: Kind): ValidateFunction;
  /** Checks a value of this type (`agent.message`, `event_delta`, …); null when the SDK has no such event. */
  frame(type: string): ValidateFunction | null;
  /** Every `type` that may stand in a list or on a stream. */
  frameTypes: string[];
  /** The schema itself, for a person to read. */
  schema: { $defs: Record<string, Schema> };
}

let compiled: Compiled | undefined;

/** The schemas of the installed SDK; made once per process (about 0.3 s). */
export function sdkSchemas(): Compiled {
  compiled ??= compile();
  return compiled;
}

function compile(): Compiled {
  const declarations = new Declarations();
  const writer = new SchemaWriter(declarations);
  const refs = new Map<Kind, Schema>([["error", ERROR]]);
  try {
    for (const [kind, [file, type]] of Object.entries(KINDS)) refs.set(kind as Kind, writer.add(file, type));
  } finally {
    declarations.close();
  }
  for (const [kind, ref] of refs) writer.defs[`kind:${kind}`] = ref;
  const frames = writer.defs[KINDS.frame[1]]?.oneOf ?? [];
  const byType = new Map(frames.map((ref) => [tagOf(ref, writer.defs), ref]));
  for (const [type, ref] of byType) writer.defs[`type:${type}`] = ref;

  const schema = { $id: SCHEMA_ID, $schema: "https://json-schema.org/draft/2020-12/schema", $defs: writer.defs };
  const ajv = new Ajv2020({ strict: true, allErrors: true, discriminator: true, schemas: [schema] });
  const get = (name: string): ValidateFunction => {
    const found = ajv.getSchema(`${SCHEMA_ID}#/$defs/${encodeURIComponent(name)}`);
    if (!found) throw new Error(`no schema for ${name}`);
    return found;
  };
  return {
    body: (kind) => get(`kind:${kind}`),
    frame: (type) => (byType.has(type) ? get(`type:${type}`) : null),
    frameTypes: [...byType.keys()],
    schema,
  };
}

function tagOf(ref: Schema, defs: Record<string, Schema>): string {
  const tag = defs[ref.$ref?.slice("#/$defs/".length) ?? ""]?.properties?.type?.const;
  if (typeof tag !== "string") throw new Error("a stream frame without a type constant");
  return tag;
}

/** One line for a person: what is wrong and, for a key, which one. */
export function sentence({ message, params, keyword }: ErrorObject): string {
  const which = keyword === "additionalProperties" ? `: ${params.additionalProperty}` : "";
  const wanted = keyword === "const" ? ` ${JSON.stringify(params.allowedValue)}` : "";
  const among = keyword === "enum" ? `: ${params.allowedValues.join(", ")}` : "";
  return `${message}${which}${wanted}${among}`;
}
