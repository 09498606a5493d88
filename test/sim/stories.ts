/**
 * Layer B of create, archive and delete: each story once without a crash, then with one at every point, and by ordered pairs; and with every call
 * of a neighbour failing, before and after it took effect, alone and with a crash after it.
 */
import type { Line } from "./boundary.ts";
import { type Story, type Told, tell } from "./office.ts";
import { NEIGHBOURS } from "./points.ts";

/** How often what was done to them. */
export interface Stories {
  singles: number;
  pairs: number;
  /** Calls of a neighbour that failed, and those with a crash after them. */
  failed: number;
  failedPairs: number;
  failures: string[];
}

export async function stories(pairs: boolean, table: Map<string, Line>): Promise<Stories> {
  const failures: string[] = [];
  const crashes = [0, 0, 0];
  const failed = [0, 0];
  const once = async (story: Story): Promise<Told> => {
    const told = await tell(story);
    const { failAt = [] } = story;
    const at = told.points[story.crashAt.at(-1) ?? failAt[0] ?? -1];
    if (at && story.crashAt.length > 0) note(table, `${at.label} ${at.when}`, told.wrong.length);
    if (told.wrong.length > 0)
      failures.push(
        `${story.ends}, ${story.patient ? "patient" : "gone"} client, failure at ${failAt.join() || "none"}, crash at ${story.crashAt.join(" and ") || "none"} (${at?.label} ${at?.when}): ${told.wrong.join("; ")}`,
      );
    // By how many crashes were asked for: an earlier one may have ended the story before the last.
    const counts = failAt.length > 0 ? failed : crashes;
    if (at) counts[story.crashAt.length] = (counts[story.crashAt.length] ?? 0) + 1;
    return told;
  };
  for (const ends of ["nothing", "archive", "delete"] as const) {
    for (const patient of [true, false]) {
      const dry = await once({ ends, patient, crashAt: [] });
      for (let first = 0; first < dry.points.length; first++) {
        const told = await once({ ends, patient, crashAt: [first] });
        if (!pairs) continue;
        for (let second = first + 1; second < told.points.length; second++)
          await once({ ends, patient, crashAt: [first, second] });
      }
      for (const [first, { label }] of dry.points.entries()) {
        if (!NEIGHBOURS.includes(label)) continue;
        const told = await once({ ends, patient, crashAt: [], failAt: [first] });
        if (!pairs) continue;
        for (let second = first + 1; second < told.points.length; second++)
          await once({ ends, patient, crashAt: [second], failAt: [first] });
      }
    }
  }
  const [, singles = 0, double = 0] = crashes;
  const [alone = 0, crashed = 0] = failed;
  return { singles, pairs: double, failed: alone, failedPairs: crashed, failures };
}

function note(table: Map<string, Line>, point: string, violations: number): void {
  const line = table.get(point) ?? { point, crashes: 0, violations: 0, lost: 0, doubled: 0, repeated: 0 };
  table.set(point, line);
  line.crashes += 1;
  line.violations += violations;
}
