/** What a machine is to be: from the session through its hand to the machine's start. */
import { expect, it } from "vitest";
import { BARE_PROVISION, type Provision } from "../../src/hands/machine.ts";
import { openHands } from "../../src/hands/registry.ts";
import type { EnvironmentConfig } from "../../src/protocol/environments.ts";
import { nodeSql } from "../support/node-sql.ts";
import { runnerOn } from "./memory-machine.ts";

const none = { apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] };
const cloud: EnvironmentConfig = {
  type: "cloud",
  networking: { type: "unrestricted" },
  packages: { type: "packages", ...none },
};
const limited = {
  type: "limited" as const,
  allowed_hosts: [],
  allow_mcp_servers: false,
  allow_package_managers: false,
};

const file = { type: "file" as const, id: "sesrsc_1", file_id: "file_1", mount_path: "/mnt/session/uploads/f" };
const stamps = { created_at: "2026-11-01T00:00:00Z", updated_at: "2026-11-01T00:00:00Z" };

it.each<[string, Partial<Provision>]>([
  ["part in a self-hosted environment", { environment: { type: "self_hosted" } }],
  ["networking to limit", { environment: { ...cloud, networking: limited } }],
  ["packages to install", { environment: { ...cloud, packages: { type: "packages", ...none, pip: ["numpy"] } } }],
  ["resources", { resources: [{ ...file, ...stamps }] }],
  ["skills", { skills: [{ type: "anthropic", skill_id: "xlsx", version: "latest" }] }],
  ["mounts", { mounts: [{ path: "/mnt/memory/notes", access: "read_write" }] }],
])("the isolate refuses to start with %s", async (what, asked) => {
  const runner = runnerOn(nodeSql());
  expect(await runner.start({ ...BARE_PROVISION, ...asked })).toBe(`the isolate machine has no ${what}`);
  expect(await runner.start(BARE_PROVISION)).toBeNull();
  expect(await runner.start({ ...BARE_PROVISION, environment: cloud })).toBeNull();
});

it("each word of a session to its sandbox says what the machine is to be", async () => {
  const seen: Provision[] = [];
  const stub = {
    warm: async (_epoch: number, provision: Provision) => void seen.push(provision),
    execute: async (_call: unknown, provision: Provision) => {
      seen.push(provision);
      return { result: { content: [], isError: false }, [Symbol.dispose]: () => {} };
    },
    cancel: async () => {},
    remove: async () => {},
  };
  const provision = { ...BARE_PROVISION, environment: cloud };
  const hands = openHands({ sessionId: "sesn", provision, sandboxes: { getByName: () => stub } });
  const call = { key: "sesn/1", name: "bash", input: {}, digest: "d", epoch: 1, deadline: Date.now() + 1_000 };
  await hands.warm(1);
  await hands.execute({ ...call, hand: "sandbox" });
  expect(seen).toEqual([provision, provision]);
  await expect(hands.execute({ ...call, hand: "client" })).rejects.toThrow("calls of client are not executed");
});
