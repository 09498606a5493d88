/** Guards for values that came out of `JSON.parse`. */
export interface Fields {
  [key: string]: unknown;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object, or one without fields: rules that run after the shape rules read through it. */
export function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Whether the field was given: `null` counts as absent, as in the SDK's nullable parameters. */
export function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}
