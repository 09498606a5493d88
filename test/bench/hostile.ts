/**
 * How long a hostile command in one session keeps another session's 5 ms timer from running. Prints a table; exits 1 when a gap is above
 * GAP_MS. `node test/bench/hostile.ts [part of a case's name]`.
 */
import { startHarness } from "../hands/harness.ts";
import { HOSTILE, PREPARE } from "../hands/hostile.ts";

/** Milliseconds that another session's timer may be late. */
const GAP_MS = 250;
const TIMEOUT_MS = 60_000;

const wanted = process.argv[2] ?? "";
const harness = await startHarness();
let late = 0;
try {
  for (const command of PREPARE) {
    const made = await harness.run("hostile", "bash", { command });
    if (made.isError) throw new Error(made.content[0]!.text);
  }
  const quiet = await harness.heartbeat(() => new Promise((resolve) => setTimeout(resolve, 500)));
  console.log(`gap with nothing running: ${quiet} ms\n`);
  console.log("   gap     time  end      case");
  for (const { name, command, timeoutMs } of HOSTILE.filter((one) => one.name.includes(wanted))) {
    const begun = performance.now();
    let end = "";
    const gap = await harness.heartbeat(async () => {
      const result = await harness.run(
        "hostile",
        "bash",
        { command, restart: true, timeout_ms: timeoutMs ?? 20_000 },
        TIMEOUT_MS,
      );
      end = `${result.isError ? "error" : "success"}  ${name}: ${result.content[0]!.text.slice(-110).replaceAll("\n", " | ")}`;
    });
    const time = Math.round(performance.now() - begun);
    if (gap > GAP_MS) late++;
    console.log(`${String(gap).padStart(6)} ${String(time).padStart(8)}  ${gap > GAP_MS ? "LATE " : ""}${end}`);
  }
} finally {
  await harness.stop();
}
console.log(`\n${late} cases above ${GAP_MS} ms`);
process.exitCode = late > 0 ? 1 : 0;
