/** All golden logs. */
import * as confirm from "./confirm.ts";
import * as custom from "./custom.ts";
import * as failures from "./failures.ts";
import type { Scenario } from "./format.ts";
import * as interrupt from "./interrupt.ts";
import * as place from "./place.ts";
import * as queue from "./queue.ts";
import * as stops from "./stops.ts";
import * as text from "./text.ts";
import * as tools from "./tools.ts";

export const SCENARIOS: readonly Scenario[] = [
  text,
  tools,
  confirm,
  custom,
  queue,
  interrupt,
  place,
  failures,
  stops,
].flatMap((file): Scenario[] => Object.values(file));
