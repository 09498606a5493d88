/** A machine on Node for tests: the isolate's own files over `node:sqlite`, with the interpreter as the package ships it. */
import { getCommandNames } from "just-bash/browser";
import type { Machine } from "../../src/hands/machine.ts";
import { Disk } from "../../src/hands/machines/isolate/disk.ts";
import { InterpreterHooks } from "../../src/hands/machines/isolate/hooks.ts";
import { IsolateMachine } from "../../src/hands/machines/isolate/machine.ts";
import { MACHINE_TOOLS } from "../../src/hands/registry.ts";
import { CallRunner } from "../../src/hands/sandbox/call-runner.ts";
import { Journal } from "../../src/hands/sandbox/journal.ts";
import type { Sql } from "../../src/log/sql.ts";
import { nodeSql } from "../support/node-sql.ts";

function isolateOn(sql: Sql): { machine: Machine; journal: Journal } {
  const journal = new Journal(sql);
  const parts = { disk: new Disk(sql), journal, hooks: new InterpreterHooks(), commands: getCommandNames() };
  return { machine: new IsolateMachine(parts), journal };
}

export async function memoryMachine(): Promise<Machine> {
  return isolateOn(nodeSql()).machine;
}

/** The program of the isolate as it starts on a disk. */
export function runnerOn(sql: Sql): CallRunner {
  const { machine, journal } = isolateOn(sql);
  return new CallRunner(machine, journal, MACHINE_TOOLS);
}
