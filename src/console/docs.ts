/**
 * The program of the page at /docs: shows /openapi.json by Swagger UI, in the colours that the reader's system asks for. It asks nobody else: the
 * library and this are one file, and Swagger's online validator is off. A key that is typed in stays in the page's memory.
 */
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";

interface Query {
  matches: boolean;
  addEventListener(type: "change", listener: () => void): void;
}
declare const matchMedia: (query: string) => Query;
declare const document: { documentElement: { classList: { toggle(name: string, on: boolean): void } } };

const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", paint);
paint();

SwaggerUI({
  url: "/openapi.json",
  dom_id: "#docs",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  filter: true,
  displayRequestDuration: true,
});
