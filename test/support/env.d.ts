/** What worker tests see: the Worker's own Env, the migrations, and the URL of the scripted model server. */
declare namespace Cloudflare {
  interface Env extends Omit<import("../../src/env.ts").Env, never> {
    MIGRATIONS: import("cloudflare:test").D1Migration[];
  }
  interface GlobalProps {
    mainModule: typeof import("../../src/index.ts");
  }
}
