/**
 * The scripts that the scripted model knows by the first line of the user's text.
 */
import type { NamedScripts, Script } from "./script.ts";

/** The first line of the demonstration's task. */
export const DEMONSTRATION_TASK =
  "The file /workspace/crossings.csv lists a year of ferry crossings, one row per planned crossing. Look at it first; then find out:";

const FILE = "/workspace/crossings.csv";

const MONTHS = `awk -F, 'NR > 1 && $5 == "sailed" { sum[substr($1, 1, 7)] += $7 } END { for (m in sum) print m, sum[m] }' ${FILE} | sort -k2,2nr | head -n 3`;
const CANCELLED = `awk -F, '$5 == "cancelled"' ${FILE} | wc -l`;
const MEDIANS = `awk -F, 'NR > 1 && $5 == "sailed" { print $3 "," $6 }' ${FILE} | sort -t, -k1,1 -k2,2n | awk -F, '
  $1 != route { if (n) show(); route = $1; n = 0 }
  { delay[++n] = $2 }
  END { if (n) show() }
  function show() { print (delay[int((n + 1) / 2)] + delay[int(n / 2) + 1]) / 2, route }' | sort -k1,1nr`;
const ANSWER = `{ echo "busiest month: $(echo "$months" | head -n 1 | cut -d " " -f 1)"
  echo "passengers in that month: $(echo "$months" | head -n 1 | cut -d " " -f 2)"
  echo "cancelled crossings: $cancelled"
  echo "least punctual route: $(echo "$medians" | head -n 1 | cut -d " " -f 2-)"
  echo "its median delay in minutes: $(echo "$medians" | head -n 1 | cut -d " " -f 1)"; } | tee /workspace/report.md`;

const demonstration: Script = {
  steps: [
    {
      think: true,
      say: "First I look at what is there.",
      calls: [{ name: "bash", input: { command: `ls -l /workspace; head -n 4 ${FILE}` } }],
    },
    {
      say: "The columns are clear. I add up the passengers of each month and count the cancelled crossings.",
      calls: [
        { name: "bash", input: { command: `months=$(${MONTHS}); echo "$months"` } },
        { name: "bash", input: { command: `cancelled=$(${CANCELLED}); echo "$cancelled"` } },
      ],
    },
    {
      say: "Now the median delay of each route, over the crossings that sailed.",
      calls: [{ name: "bash", input: { command: `medians=$(${MEDIANS}); echo "$medians"` } }],
    },
    { say: "I write the report from these numbers.", calls: [{ name: "bash", input: { command: ANSWER } }] },
    { say: "The report is in /workspace/report.md.\n\n{{result}}" },
  ],
};

export const namedScripts: NamedScripts = { [DEMONSTRATION_TASK]: demonstration };
