/** The same controls from another process, over `/_control`. Uses `fetch` alone, so it runs inside workerd as well. */
import type { Answer } from "./answer.ts";
import type { WireEntry } from "./journal.ts";

export interface RemoteModelServer {
  url: string;
  queue(...answers: Answer[]): Promise<void>;
  script(key: string, answers: Answer[]): Promise<void>;
  setDefault(answer: Answer): Promise<void>;
  /** Resolves once `count` requests wait at their hold. */
  held(count?: number): Promise<void>;
  release(key?: string): Promise<number>;
  /** Journal entries, all or the message requests of one script; with `wait`, once there are as many of those. */
  journal(query?: { key?: string; wait?: number }): Promise<WireEntry[]>;
  /** The bytes of one journaled request as they came. */
  body(index: number): Promise<Uint8Array>;
  reset(): Promise<void>;
}

export function remoteModelServer(url: string): RemoteModelServer {
  async function call(method: "GET" | "POST", path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${url}/_control${path}`, { method, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`model server: ${method} ${path} answered ${response.status}`);
    return response;
  }
  const post = async (path: string, body: unknown): Promise<void> => {
    await (await call("POST", path, body)).arrayBuffer();
  };
  return {
    url,
    queue: (...answers) => post("/queue", { answers }),
    script: (key, answers) => post("/script", { key, answers }),
    setDefault: (answer) => post("/default", { answer }),
    held: async (count = 1) => {
      await (await call("GET", `/held?wait=${count}`)).arrayBuffer();
    },
    release: async (key) => {
      const { released } = (await (await call("POST", "/release", { key })).json()) as { released: number };
      return released;
    },
    journal: async ({ key, wait = 0 } = {}) => {
      const query = new URLSearchParams({ ...(key && { key }), wait: String(wait) });
      const { data } = (await (await call("GET", `/journal?${query}`)).json()) as { data: WireEntry[] };
      return data;
    },
    body: async (index) => new Uint8Array(await (await call("GET", `/journal/${index}/body`)).arrayBuffer()),
    reset: () => post("/reset", {}),
  };
}
