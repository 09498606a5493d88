/** The headings of what is beside the wire: ours (`/x`), the operator's, and the service's own (design §10). */
import * as health from "../../protocol/health.ts";
import * as operator from "../../protocol/operator.ts";
import * as tickets from "../../protocol/tickets.ts";
import type { RouteGroup } from "../route.ts";

export const BEYOND: RouteGroup = {
  tag: "Beyond the wire",
  about: "`/x`: what Sinew has and the hosted API does not.",
  gate: "key",
  schemas: [tickets, health],
};

export const OPERATOR: RouteGroup = {
  tag: "Operator",
  about: "`/x/operator`: switches for whoever runs this deployment, with a key of OPERATOR_KEYS.",
  gate: "operator",
  schemas: [operator],
};

export const SERVICE: RouteGroup = {
  tag: "Service",
  about: "The service itself. No key is needed.",
  gate: "open",
  schemas: [health],
};
