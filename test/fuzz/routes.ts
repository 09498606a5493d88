/** The routes as the app itself has them: a new one is fuzzed without a line here. */
import { createApp } from "../../src/api/app.ts";

export interface Route {
  method: string;
  /** As registered: `/v1/sessions/:id/events`. */
  path: string;
}

/** Middleware, which Hono lists as routes of any method, left out. */
export function appRoutes(): Route[] {
  const seen = new Map<string, Route>();
  for (const { method, path } of createApp().routes) {
    if (method !== "ALL") seen.set(`${method} ${path}`, { method, path });
  }
  return [...seen.values()];
}

/** Routes after which an object is no longer what it was: they get objects of their own, so that the rest stays to be fuzzed. */
export function isFinal({ method, path }: Route): boolean {
  return method === "DELETE" || path.endsWith("/archive");
}

/** The path with each parameter filled in: `:id` by the resource before it. */
export function filled(path: string, fill: (parameter: string, resource: string) => string): string {
  return path.replaceAll(/\/([^/]*)\/:(\w+)(\{[^}]*\})?/g, (_, resource: string, name: string) => {
    return `/${resource}/${fill(name, resource)}`;
  });
}
