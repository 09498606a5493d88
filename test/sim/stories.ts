/** Layer B of create, archive and delete: each story once without a crash, then with one at every point, and by ordered pairs. */
import type { Line } from "./boundary.ts";
import { type Story, type Told, tell } from "./office.ts";

export async function stories(
  pairs: boolean,
  table: Map<string, Line>,
): Promise<{ singles: number; pairs: number; failures: string[] }> {
  const failures: string[] = [];
  const crashes = [0, 0, 0];
  const once = async (story: Story): Promise<Told> => {
    const told = await tell(story);
    const at = told.points[story.crashAt.at(-1) ?? -1];
    if (at) note(table, `${at.label} ${at.when}`, told.wrong.length);
    if (told.wrong.length > 0)
      failures.push(
        `${story.ends}, ${story.patient ? "patient" : "gone"} client, crash at ${story.crashAt.join(" and ")} (${at?.label} ${at?.when}): ${told.wrong.join("; ")}`,
      );
    // By how many crashes were asked for: an earlier one may have ended the story before the last.
    if (at) crashes[story.crashAt.length] = (crashes[story.crashAt.length] ?? 0) + 1;
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
    }
  }
  return { singles: crashes[1] ?? 0, pairs: crashes[2] ?? 0, failures };
}

function note(table: Map<string, Line>, point: string, violations: number): void {
  const line = table.get(point) ?? { point, crashes: 0, violations: 0, lost: 0, doubled: 0, repeated: 0 };
  table.set(point, line);
  line.crashes += 1;
  line.violations += violations;
}
