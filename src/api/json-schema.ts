/**
 * The schemas of the API's definition: JSON Schema out of the very zod schemas that check requests, under the names that they have in
 * `protocol/`. Open objects in answers stay open: a client must expect fields that it does not know.
 */
import { z } from "zod";
import { SessionEvent } from "../protocol/events.ts";

export type Schema = { [key: string]: unknown };

const PREFIX = "#/components/schemas/";

/** `agent.message` -> `AgentMessageEvent`. */
function eventName(type: string): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("")}Event`;
}

/** Each event, and every schema that the modules export, by name. */
function named(modules: object[]): Map<z.ZodType, string> {
  const names = new Map<z.ZodType, string>();
  const add = (id: string, schema: unknown) => {
    if (schema instanceof z.ZodType && !names.has(schema)) names.set(schema, id);
  };
  for (const event of SessionEvent.options) add(eventName(event.shape.type.value), event);
  for (const [id, schema] of modules.flatMap(Object.entries)) add(id, schema);
  return names;
}

/**
 * Turns schemas into JSON Schema (2020-12), what requests and answers look like on the wire. `refer` gives a reference where a schema has a name, and
 * the schema itself elsewhere; `schemas` are the named ones that were referred to. Names come from the exports of `modules`. Takes some 50 ms: all
 * schemas go through it at once.
 */
export function components(
  modules: object[],
  wanted: z.ZodType[],
): {
  refer(schema: z.ZodType): Schema;
  schemas: Record<string, Schema>;
} {
  const names = named(modules);
  const registry = z.registry<{ id: string }>();
  const ids = new Set<string>();
  const nameless = wanted
    .filter((schema) => !names.has(schema))
    .map((schema, i): [z.ZodType, string] => [schema, `#${i}`]);
  for (const [schema, id] of new Map([...names, ...nameless])) {
    if (ids.has(id)) throw new Error(`two schemas are called ${id}`);
    ids.add(id);
    registry.add(schema, { id });
  }
  const made = z.toJSONSchema(registry, { io: "input", unrepresentable: "any", uri: (id) => PREFIX + id }).schemas;
  const used = new Map<string, Schema>();
  const follow = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const id = key === "$ref" ? String(inner).slice(PREFIX.length) : null;
      if (id === null) follow(inner);
      else if (!used.has(id)) {
        used.set(id, tidy(made[id], made));
        follow(used.get(id));
      }
    }
  };
  const refer = (schema: z.ZodType): Schema => {
    const id = names.get(schema);
    return id === undefined ? tidy(made[registry.get(schema)?.id ?? ""], made) : { $ref: PREFIX + id };
  };
  follow(wanted.map(refer));
  return { refer, schemas: Object.fromEntries([...used].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Leaves out what says nothing here, and names the field that tells the members of a union apart. */
function tidy(value: unknown, made: Record<string, Schema>): Schema {
  return clean(value) as Schema;

  function clean(part: unknown): unknown {
    if (Array.isArray(part)) return part.map(clean);
    if (typeof part !== "object" || part === null) return part;
    const { $schema: _, $id: __, ...rest } = part as Schema;
    const kept = Object.entries(rest).filter(([key, inner]) => !isNoLimit(key, inner) && !isNoPattern(key, rest));
    const cleaned: Schema = Object.fromEntries(kept.map(([key, inner]) => [key, clean(inner)]));
    const discriminator = discriminatorOf(cleaned.oneOf);
    return discriminator ? { ...cleaned, discriminator } : cleaned;
  }

  function discriminatorOf(members: unknown): Schema | null {
    if (!Array.isArray(members) || members.length < 2) return null;
    const refs = members.map((member: Schema) => member.$ref);
    const types = refs.map((ref) => {
      const target = typeof ref === "string" ? made[ref.slice(PREFIX.length)] : undefined;
      return (target?.properties as Record<string, Schema> | undefined)?.type?.const;
    });
    if (!types.every((type) => typeof type === "string")) return null;
    return { propertyName: "type", mapping: Object.fromEntries(types.map((type, i) => [type, refs[i]])) };
  }
}

/** What every safe integer keeps to, and what every key of an object is. */
function isNoLimit(key: string, value: unknown): boolean {
  if (key === "minimum") return value === Number.MIN_SAFE_INTEGER;
  if (key === "maximum") return value === Number.MAX_SAFE_INTEGER;
  return key === "propertyNames" && JSON.stringify(value) === '{"type":"string"}';
}

/** A query string's number and flag are told as what they mean (`meta` in protocol/queries.ts), not by the letters they are written in. */
function isNoPattern(key: string, schema: Schema): boolean {
  if (schema.type === "string") return false;
  return key === "pattern" || (key === "enum" && schema.type === "boolean");
}
