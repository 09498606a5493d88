/**
 * Four projects in one run. `unit`: plain Node, no workerd. `worker`: inside workerd, beside the Durable Objects. `contract`: Node
 * again, against the real Worker over HTTP. A test file's name says where it runs. `older-sdk`: those of the contract that the official SDK
 * drives, once more with the oldest SDK that is promised to work.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const root = resolve(import.meta.dirname, "..");
const migrationsFolder = resolve(root, "src/catalog/migrations");
const migrations = existsSync(migrationsFolder) ? await readD1Migrations(migrationsFolder) : [];
const WORKER = "test/**/*.worker.test.ts";
const CONTRACT = "test/**/*.contract.test.ts";
const DRIVEN_BY_SDK = "test/conformance/{sdk,methods}/**/*.contract.test.ts";
const OLDER_SDK = { find: /^@anthropic-ai\/sdk(?=\/|$)/, replacement: "anthropic-sdk-1.12" };
/** Where the Worker's source is imported on Node nobody looks at a page. */
const NO_PAGE = { find: /^.*\.bin$/, replacement: resolve(root, "test/support/no-bytes.ts") };
const contract = {
  environment: "node" as const,
  isolate: false,
  globalSetup: ["test/setup.contract.ts"],
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  root,
  test: {
    // Files wait for servers more than they compute, so one per core, and not one fewer, which is vitest's own.
    maxWorkers: "100%",
    projects: [
      {
        root,
        resolve: {
          alias: [{ find: "cloudflare:workers", replacement: resolve(root, "test/support/platform.ts") }, NO_PAGE],
        },
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [WORKER, CONTRACT],
          environment: "node",
        },
      },
      {
        root,
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: resolve(root, "wrangler.toml") },
            miniflare: {
              bindings: {
                MIGRATIONS: migrations,
                API_KEYS: "test:sk-test,other/second:sk-other",
                ANTHROPIC_API_KEY: "sk-model",
                ANTHROPIC_BASE_URL: inject("messagesUrl"),
                REHEARSAL: "1",
                REHEARSAL_PACE: "0,0",
              },
            },
          })),
        ],
        test: {
          name: "worker",
          include: [WORKER],
          globalSetup: ["test/setup.worker.ts"],
          setupFiles: ["test/support/migrate.ts"],
          deps: {
            optimizer: {
              ssr: { enabled: true, include: ["@anthropic-ai/sdk", "hono", "zod"] },
            },
          },
        },
      },
      {
        root,
        resolve: { alias: [NO_PAGE] },
        test: { name: "contract", include: [CONTRACT], env: { SDK_VERSION: "1.14.0" }, ...contract },
      },
      {
        root,
        resolve: { alias: [NO_PAGE, OLDER_SDK] },
        test: { name: "older-sdk", include: [DRIVEN_BY_SDK], env: { SDK_VERSION: "1.12.0" }, ...contract },
      },
    ],
  },
});
