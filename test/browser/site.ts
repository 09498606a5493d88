/** A web site of another origin than Sinew's: one page, whose program is test/browser/page.ts. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { build } from "esbuild";

const PAGE = '<!doctype html><title>A page</title><script type="module" src="/page.js"></script>';

export interface Site {
  origin: string;
  close(): Promise<void>;
}

/** The page's program for a browser. */
export async function bundlePage(): Promise<string> {
  const entryPoints = [resolve(import.meta.dirname, "page.ts")];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: "esm", platform: "browser" });
  return outputFiles[0]!.text;
}

/** Serves the page on `http://127.0.0.1:PORT`. */
export async function startSite(script: string): Promise<Site> {
  const server = createServer(({ url }, response) => {
    const [type, body] = url === "/page.js" ? ["text/javascript", script] : ["text/html", PAGE];
    response.setHeader("content-type", `${type}; charset=utf-8`);
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
