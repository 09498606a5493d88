/** All golden logs. */
import * as budget from "./budget.ts";
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
import * as update from "./update.ts";

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
  budget,
  update,
].flatMap((file): Scenario[] => Object.values(file));
