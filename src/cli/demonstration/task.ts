/** What the demonstration asks of the agent, and the form its answer is read in. */

/** The columns of the demonstration's file: `delay_minutes`, `passengers` and `vehicles` are empty when a crossing was cancelled. */
export const COLUMNS = [
  "date",
  "departure",
  "route",
  "vessel",
  "status",
  "delay_minutes",
  "passengers",
  "vehicles",
  "wind_knots",
] as const;

/** The labels of the answer's lines, in their order. */
export const LABELS = [
  "busiest month",
  "passengers in that month",
  "cancelled crossings",
  "least punctual route",
  "its median delay in minutes",
] as const;
export type Label = (typeof LABELS)[number];
/** One value per label, as text: numbers plain, the month as YYYY-MM. */
export type Answer = Record<Label, string>;

export const SYSTEM = `You are a careful data analyst. You have a shell and files under /workspace.
Compute with the tools, never from memory, and say in one short sentence what you do before each step.`;

/** The task on /workspace/`file`, which has these columns. */
export function task(file: string): string {
  return `The file /workspace/${file} lists a year of ferry crossings, one row per planned crossing. Look at it first; then find out:
which month carried the most passengers, how many crossings were cancelled, and which route has the highest median delay among the crossings that sailed.
Write a short report to /workspace/report.md. Finish your last message with these five lines, filled in (month as YYYY-MM, numbers plain):
${LABELS.map((label) => `${label}: …`).join("\n")}`;
}
