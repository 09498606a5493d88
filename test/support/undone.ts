/** The files of the unit project share a process and its modules, so each leaves clocks and functions as it found them. */
import { afterAll, vi } from "vitest";

afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
