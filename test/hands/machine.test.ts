import { machineSuite } from "./machine-suite.ts";
import { memoryMachine } from "./memory-machine.ts";

machineSuite("the isolate's code on Node", memoryMachine);
