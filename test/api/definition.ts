/** What the test of the definition looks with: its shape, the linter, and the comparison of routes. */
import { createConfig, lintFromString } from "@redocly/openapi-core";
import type { Schema } from "../../src/api/json-schema.ts";

export type Content = { content: Record<string, { schema: Schema }> };
export type Operation = {
  operationId: string;
  parameters: { name: string; in: string }[];
  requestBody?: Content;
  responses: Record<string, Content>;
};
export type Document = Schema & { paths: Record<string, Record<string, Operation>>; components: { schemas: Schema } };

/** `METHOD /v1/agents/{}`: paths alike but for the names of their parameters. */
function shape(method: string, path: string): string {
  return `${method} ${path.replace(/:\w+(\{[^}]*\})?|\{\w+\}/g, "{}").replace(/(.)\/$/, "$1")}`;
}

/** Routes that are not told, and operations that no route answers. Patterns with a star are of whole resources that are not built, or of none. */
export function differences(routes: { method: string; path: string }[], { paths }: Document) {
  const own = routes.filter(({ path }) => !path.includes("*"));
  const there = new Set(own.map(({ method, path }) => shape(method, path)));
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => shape(method.toUpperCase(), path)),
  );
  return {
    untold: [...there].filter((route) => !operations.includes(route)),
    gone: operations.filter((route) => !there.has(route)),
  };
}

/** One line for each thing that the linter's strictest rules find. */
export async function lint(source: unknown): Promise<string[]> {
  const config = await createConfig({
    extends: ["recommended-strict"],
    // Service routes refuse nobody; a socket has a 101, and what is not there yet no success at all (tested below).
    rules: { "operation-4xx-response": "off", "operation-2xx-response": "off" },
  });
  const found = await lintFromString({ source: JSON.stringify(source), absoluteRef: "openapi.json", config });
  return found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}
