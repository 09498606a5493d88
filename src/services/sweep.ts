/** Settles sessions whose creation stopped half-way (design §8), and forgets what nobody asks for any more. */
import { dropContents } from "../catalog/contents.ts";
import { sweepCreating } from "../catalog/creation.ts";
import { pruneSpend } from "../catalog/spend.ts";
import { dayOf } from "../log/days.ts";
import type { Platform } from "./platform.ts";

/** Milliseconds between two sweeps of one isolate. */
const SWEEP_INTERVAL_MS = 60_000;

let lastSweep = Number.NEGATIVE_INFINITY;

/** Starts a sweep beside the request, at most one a minute. It may fail: the next one finds the same rows. */
export function sweepSoon(platform: Platform): void {
  const now = Date.now();
  if (now - lastSweep < SWEEP_INTERVAL_MS) return;
  lastSweep = now;
  platform.later(
    sweep(platform).catch((error: Error) =>
      console.error(JSON.stringify({ level: "error", event: "sweep", error: error.name })),
    ),
  );
}

async function sweep(platform: Platform): Promise<void> {
  const ask = async (id: string, workspace: string) => {
    const outcome = await platform.session(id).getSession(workspace);
    if (outcome.ok) return outcome.value;
    if (outcome.error.status === 404) return null;
    throw new Error(`asking ${id} answered ${outcome.error.status}`);
  };
  const now = platform.now();
  await Promise.all([
    sweepCreating(platform.db, now, ask, (id) => dropContents(platform.blobs, id)),
    pruneSpend(platform.db, dayOf(now)),
  ]);
}
