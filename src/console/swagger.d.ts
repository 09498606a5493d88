/** Style sheets, which esbuild puts into one file beside the program. */
declare module "*.css";

declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  /** Draws into `dom_id` (Swagger UI, "Configuration"). */
  export default function SwaggerUI(options: Record<string, unknown>): void;
}
