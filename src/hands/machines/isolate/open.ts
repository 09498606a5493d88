/**
 * The isolate as the Sandbox object has it: the loader makes it from dist/machine.txt, and it runs as a facet, so its files and journal are a SQLite
 * database of their own inside that object.
 */
import machineText from "../../../../dist/machine.txt";
import { sha256 } from "../../../log/blob.ts";
import type { HostedMachine, MachineHost } from "../../sandbox/rpc.ts";
import type { IsolateProgram } from "./entry.ts";
import { CPU_MS } from "./limits.ts";

const FACET = "machine";
const COMPATIBILITY_DATE = "2026-11-01";

let version: string | undefined;

export function isolate({ session, facets, loader }: MachineHost): HostedMachine {
  return {
    open: async () => {
      version ??= sha256(machineText);
      const worker = loader.get(`${version}:${session}`, () => ({
        compatibilityDate: COMPATIBILITY_DATE,
        compatibilityFlags: ["nodejs_compat"],
        mainModule: "machine.js",
        modules: { "machine.js": machineText },
        env: {},
        globalOutbound: null,
        limits: { cpuMs: CPU_MS },
      }));
      return facets.get<IsolateProgram>(FACET, () => ({
        class: worker.getDurableObjectClass<IsolateProgram>("IsolateProgram"),
      }));
    },
    remove: () => facets.delete(FACET),
  };
}
