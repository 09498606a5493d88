/** The routes of an operator: stop and start, limits, keys (`/x/operator`). */
import {
  InterruptAnswer,
  InterruptParams,
  KeyAnswer,
  KeyParams,
  LimitAnswer,
  LimitParams,
  OperatorSession,
  OperatorStatus,
  StartAnswer,
  StartParams,
  StopAnswer,
  StopParams,
} from "../protocol/operator.ts";
import * as examples from "./openapi-examples.ts";
import type { RouteLine } from "./openapi-line.ts";

const tag = "Operator";
const INTERRUPT = `The \`user.interrupt\` that a client may send. What is queued waits for the next message, where a client's interrupt would begin
the next turn with it.`;

export const OPERATOR: RouteLine[] = [
  {
    route: "GET /x/operator/status",
    id: "getOperatorStatus",
    tag,
    summary: "How every workspace stands, and what operators did last",
    answer: OperatorStatus,
  },
  {
    route: "POST /x/operator/stop",
    id: "stopWorkspace",
    tag,
    summary: "Stop a workspace, or all: nothing new starts, and no model is asked",
    body: StopParams,
    example: examples.stop,
    answer: StopAnswer,
  },
  {
    route: "POST /x/operator/start",
    id: "startWorkspace",
    tag,
    summary: "Let a stopped workspace go on",
    body: StartParams,
    example: examples.start,
    answer: StartAnswer,
  },
  {
    route: "POST /x/operator/limits",
    id: "limitWorkspace",
    tag,
    summary: "Limit the running sessions, or the list cost per day, of a workspace",
    body: LimitParams,
    example: examples.limits,
    answer: LimitAnswer,
  },
  {
    route: "POST /x/operator/keys/revoke",
    id: "revokeKey",
    tag,
    summary: "Revoke an API key",
    body: KeyParams,
    example: examples.key,
    answer: KeyAnswer,
  },
  {
    route: "POST /x/operator/keys/restore",
    id: "restoreKey",
    tag,
    summary: "Let a revoked API key in again",
    body: KeyParams,
    example: examples.key,
    answer: KeyAnswer,
  },
  {
    route: "GET /x/operator/sessions/{session_id}/health",
    id: "getOperatorSession",
    tag,
    summary: "Look at one session of any workspace",
    answer: OperatorSession,
  },
  {
    route: "POST /x/operator/interrupt",
    id: "interruptSession",
    tag,
    summary: "End the turn of one session",
    description: INTERRUPT,
    body: InterruptParams,
    example: examples.interrupt,
    answer: InterruptAnswer,
    refusals: [409],
  },
];
