/**
 * A union of schemas. Members that all carry their own `type` constant become a tagged union, so that an error speaks of the one member
 * that was meant and not of all of them.
 */
import type { Schema } from "./schema.ts";

const NULL: Schema = { type: "null" };
const PREFIX = "#/$defs/";

/** `defs` resolves the members that are references. */
export function unionOf(members: Schema[], defs: Record<string, Schema>): Schema {
  const flat = members.flatMap((member) => flatten(member, defs));
  const nullable = flat.some((member) => member.type === "null");
  const rest = flat.filter((member) => member.type !== "null");
  if (rest.length === 0) return NULL;
  const one = rest.length === 1 ? (rest[0] as Schema) : (strings(rest) ?? tagged(rest, defs) ?? { anyOf: rest });
  return nullable ? { anyOf: [NULL, one] } : one;
}

/** The members behind aliases and nested unions. */
function flatten(member: Schema, defs: Record<string, Schema>): Schema[] {
  const target = resolve(member, defs);
  if (target.oneOf && target.discriminator) return target.oneOf;
  if (target.anyOf) return target.anyOf.flatMap((inner) => flatten(inner, defs));
  if (member.$ref && (target.$ref || target.type !== "object")) return flatten(target, defs);
  return [member];
}

/** String constants are one enumeration; a plain string beside them takes them all in. */
function strings(members: Schema[]): Schema | null {
  if (!members.every((member) => member.type === "string")) return null;
  const values: string[] = [];
  for (const member of members) {
    if (typeof member.const === "string") values.push(member.const);
    else if (member.enum) values.push(...member.enum);
    else return { type: "string" };
  }
  return { type: "string", enum: [...new Set(values)] };
}

function tagged(members: Schema[], defs: Record<string, Schema>): Schema | null {
  const tags = members.map((member) => {
    const { properties, required } = resolve(member, defs);
    return required?.includes("type") ? properties?.type?.const : undefined;
  });
  if (tags.some((tag) => typeof tag !== "string") || new Set(tags).size !== tags.length) return null;
  const properties = { type: { type: "string" } };
  return { type: "object", discriminator: { propertyName: "type" }, properties, required: ["type"], oneOf: members };
}

function resolve(schema: Schema, defs: Record<string, Schema>): Schema {
  if (!schema.$ref?.startsWith(PREFIX)) return schema;
  const target = defs[schema.$ref.slice(PREFIX.length)];
  if (!target) throw new Error(`${schema.$ref} is not known yet: a type that refers to itself`);
  return target;
}
