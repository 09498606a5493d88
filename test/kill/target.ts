/** The Worker under attack: a real workerd on a folder of storage, at one address through all its deaths. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Built } from "../../src/cli/serve.ts";
import { buildHost } from "../support/host.ts";
import { type Server, startServer, TEST_KEY } from "../support/server.ts";

/**
 * `both`: node and workerd, brain and hands with them. `workerd`: its parent lives and starts another. `twice`: both, and again during the
 * recovery. `pause`: workerd stands still for a while. `pause_both`: it stands still and then dies with its parent. `hand`: the machines alone
 * die, with what runs in them. `hand_twice`: they die, and during the recovery from that everything does.
 */
export const KINDS = ["both", "workerd", "twice", "pause", "pause_both", "hand", "hand_twice"] as const;
export type Kind = (typeof KINDS)[number];

/** Milliseconds: how long it stands still, from listening to the second end, how long it stays away. */
export interface Waits {
  pause: number;
  recovery: number;
  down: number;
  /** Sessions whose machines die, where it is about those. */
  hands: string[];
}

/** Milliseconds between two looks at the port, and until a start has failed. */
const LOOK_MS = 3;
const START_MS = 30_000;
const START_TRIES = 5;
const START_AGAIN_MS = 500;
/** Where the system takes no ports for outgoing connections from: nobody else gets it while the server is down. */
const PORTS = { from: 20_000, count: 12_000 };

const run = promisify(execFile);

export function clientKey(index: number): string {
  return `sk-client-${index}`;
}

export class Target {
  /** Processes that were ended, one by one. */
  crashes = 0;
  /** When it was last ended, milliseconds since 1970. */
  died = 0;
  /** When the port answered again after the last crash, milliseconds since 1970. */
  listening = 0;
  readonly failedStarts: string[] = [];
  readonly key = TEST_KEY;
  readonly #options: { built: Built; state: string; port: number; modelUrl: string; vars: Record<string, string> };
  #server!: Server;

  private constructor(built: Built, state: string, modelUrl: string, clients: number) {
    const keys = Array.from({ length: clients }, (_, i) => `client-${i}:${clientKey(i)}`);
    const port = PORTS.from + Math.floor(Math.random() * PORTS.count);
    this.#options = {
      built,
      state,
      port,
      modelUrl,
      vars: { API_KEYS: [`test:${TEST_KEY}`, ...keys].join(","), RETRY_BASE_MS: "100" },
    };
  }

  static async start(modelUrl: string, clients: number): Promise<Target> {
    const { built } = await buildHost(resolve(import.meta.dirname, "host.ts"));
    const target = new Target(built, await mkdtemp(resolve(tmpdir(), "sinew-kill-")), modelUrl, clients);
    target.#server = await target.#start();
    return target;
  }

  get url(): string {
    return this.#server.url;
  }

  /** Ends or halts it as said, and comes back when it listens again. */
  async strike(kind: Kind, ms: Waits): Promise<void> {
    if (kind === "workerd") return this.#replaceWorkerd();
    if (kind === "hand" || kind === "hand_twice") {
      await Promise.all(ms.hands.map((id) => this.#killHand(id)));
      if (kind === "hand") return;
      await sleep(ms.recovery);
    }
    if (kind === "pause" || kind === "pause_both") {
      const workerd = await this.#workerd();
      process.kill(workerd, "SIGSTOP");
      await sleep(ms.pause);
      if (kind === "pause") return void process.kill(workerd, "SIGCONT");
    }
    await this.#server.kill();
    this.#died();
    await this.#silent();
    await sleep(ms.down);
    if (kind === "twice") await this.#dieComingUp(ms.recovery);
    const starting = this.#start();
    await this.#listens();
    this.#server = await starting;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await rm(this.#options.state, { recursive: true, force: true });
  }

  /** The lines that recoveries wrote since the process began. */
  recoveries(): number {
    return this.#server.output().split('"event":"recovery"').length - 1;
  }

  async #killHand(id: string): Promise<void> {
    const { status } = await fetch(`${this.url}/kill-hand/${id}`, { method: "POST" });
    if (status !== 204) throw new Error(`the hand of ${id} was not killed: ${status}`);
  }

  #died(): void {
    this.crashes += 1;
    this.died = Date.now();
  }

  /** Something else on this machine may have the port for a moment; what each failed start said is kept. */
  async #start(): Promise<Server> {
    for (let tries = 1; ; tries++) {
      try {
        return await startServer(this.#options);
      } catch (error) {
        if (tries === START_TRIES) throw error;
        this.failedStarts.push(error instanceof Error ? error.message : String(error));
        await sleep(START_AGAIN_MS);
      }
    }
  }

  /** A start that is ended `ms` after it listens, ready or not. */
  async #dieComingUp(ms: number): Promise<void> {
    const ending = startServer(this.#options).catch(() => null);
    await this.#listens();
    await sleep(ms);
    process.kill(-(await this.#leader()), "SIGKILL");
    this.#died();
    await ending;
    await this.#silent();
  }

  /** Its parent sees it die and starts another on the same port. */
  async #replaceWorkerd(): Promise<void> {
    const old = await this.#workerd();
    process.kill(old, "SIGKILL");
    this.#died();
    while ((await this.#workerd()) === old) await sleep(LOOK_MS);
    await this.#listens();
  }

  async #listens(): Promise<void> {
    await this.#port(true);
    this.listening = Date.now();
  }

  /** A large workerd is some time dying, and its port answers until it is dead. */
  async #silent(): Promise<void> {
    await this.#port(false);
  }

  async #port(open: boolean): Promise<void> {
    for (const end = Date.now() + START_MS; Date.now() < end; await sleep(LOOK_MS)) {
      const socket = connect(this.#options.port, "127.0.0.1");
      const connected = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (connected === open) return;
    }
    throw new Error(open ? "the server did not come back" : "the server did not go away");
  }

  /** The process that the storage belongs to (src/cli/storage-lock.ts); it leads a group of its own. */
  async #leader(): Promise<number> {
    return Number(await readFile(resolve(this.#options.state, "in-use-by"), "utf8"));
  }

  async #workerd(): Promise<number> {
    const children = await run("pgrep", ["-P", String(await this.#leader())]).catch(() => ({ stdout: "" }));
    return Number(children.stdout.trim().split("\n")[0]);
  }
}
