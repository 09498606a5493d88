import { machineSuite } from "./machineSuite.ts";
import { memoryMachine } from "./memoryMachine.ts";

machineSuite("the isolate's code on Node", memoryMachine);
