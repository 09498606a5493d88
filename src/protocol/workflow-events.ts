/** Events of workflow runs as the SDK knows them; nothing here writes one yet, old logs and the stream's type need them. */
import { z } from "zod";
import { event } from "./agent-events.ts";

const RunError = z.discriminatedUnion("type", [
  z.object({ type: z.literal("timeout_error"), message: z.string() }),
  z.object({ type: z.literal("program_error"), message: z.string() }),
  z.object({ type: z.literal("unknown_error"), message: z.string() }),
  z.object({ type: z.literal("thread_limit_error"), message: z.string() }),
  z.object({ type: z.literal("max_workflow_runs_error"), message: z.string() }),
]);

const RunResult = z.discriminatedUnion("type", [
  z.object({ type: z.literal("completed") }),
  z.object({ type: z.literal("stopped") }),
  z.object({ type: z.literal("error"), error: RunError }),
]);

const Phase = z.object({ id: z.string(), name: z.string(), description: z.string().nullable() });
const run = { workflow_run_id: z.string() };
const phase = { ...run, workflow_run_phase_id: z.string() };

export const WORKFLOW_EVENTS = [
  event("workflow_run.created", {
    ...run,
    name: z.string(),
    description: z.string().nullable(),
    phases: z.array(Phase),
  }),
  event("workflow_run.status_running", run),
  event("workflow_run.status_idle", run),
  event("workflow_run.status_ended", { ...run, result: RunResult }),
  event("workflow_run.error", { workflow_run_id: z.string().nullable(), error: RunError }),
  event("workflow_run.phase_started", phase),
  event("workflow_run.phase_ended", { ...phase, phase_started_id: z.string() }),
] as const;
