/** The kinds of machines: a folder here and a line each. */
import type { HostedMachine, MachineHost } from "../sandbox/rpc.ts";
import { isolate } from "./isolate/open.ts";

export const MACHINES = { isolate } satisfies Record<string, (host: MachineHost) => HostedMachine>;
