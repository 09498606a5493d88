/** A walk over a JSON value that stays out of what belongs to users: tool inputs, metadata, custom schemas. */
export interface JsonObject {
  [key: string]: unknown;
}

export interface Place {
  /** JSON pointer. */
  path: string;
  key: string;
  value: unknown;
  /** The object that holds the key. */
  owner: JsonObject;
}

const OPAQUE: ReadonlySet<string> = new Set(["input", "metadata", "input_schema"]);

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every key of every object inside `value`, outermost first. */
export function* places(value: unknown, path = ""): Generator<Place> {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* places(item, `${path}/${i}`);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      yield { path: `${path}/${key}`, key, value: inner, owner: value };
      if (!OPAQUE.has(key)) yield* places(inner, `${path}/${key}`);
    }
  }
}
