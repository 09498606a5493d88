/** Stands for `cloudflare:workers` where the objects' classes are loaded outside workerd: of the platform's base class they use two fields. */
export class DurableObject {
  readonly ctx: unknown;
  readonly env: unknown;
  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}
