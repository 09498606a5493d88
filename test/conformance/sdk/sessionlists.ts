/** `client.beta.sessions.list`: filters, orders, pages both ways, and what a cursor is bound to (spec/core.md §1.8). */
import Anthropic from "@anthropic-ai/sdk";
import type { SessionListParams } from "@anthropic-ai/sdk/resources/beta/sessions/sessions";
import { expect, test } from "vitest";
import type { Form } from "./forms.ts";
import type { Lab } from "./lab.ts";
import { refused } from "./refusal.ts";

/** Five sessions of one agent, oldest first; the last two run its second version. */
async function five(lab: Lab, client: Anthropic) {
  const agent = await lab.agent(client);
  const environment_id = await lab.environmentId(client);
  const made = [];
  for (let i = 0; i < 5; i++) {
    if (i === 3) await client.beta.agents.update(agent.id, { name: "renamed" });
    made.push(await client.beta.sessions.create({ agent: agent.id, environment_id }));
  }
  return { agent_id: agent.id, made, ids: made.map(({ id }) => id) };
}

/** Registers the tests, in the suite of one form. */
export function listTests(lab: Lab, form: Form): void {
  test("list filters, orders and pages both ways", async () => {
    const client = lab.client(form);
    const { agent_id, made, ids } = await five(lab, client);
    const listed = async (more: SessionListParams) => {
      const found: string[] = [];
      for await (const { id } of client.beta.sessions.list({ agent_id, limit: 2, ...more })) found.push(id);
      return found;
    };
    expect(await listed({})).toEqual([...ids].reverse());
    expect(await listed({ order: "asc" })).toEqual(ids);
    expect(await listed({ agent_version: 2 })).toEqual([ids[4], ids[3]]);
    const inside = { "created_at[gt]": made[0]?.created_at, "created_at[lte]": made[3]?.created_at };
    expect(await listed(inside)).toEqual([ids[3], ids[2], ids[1]]);
    expect(await listed({ "created_at[gte]": made[1]?.created_at, "created_at[lt]": made[2]?.created_at })).toEqual([
      ids[1],
    ]);
    expect(await listed({ agent_version: 1, order: "asc", "created_at[gt]": made[0]?.created_at })).toEqual([
      ids[1],
      ids[2],
    ]);
    expect(await listed({ deployment_id: "depl_011CZkZGOp0iBcp4kaQSihUm" })).toEqual([]);
    expect(await listed({ memory_store_id: "memstore_01Hx9Kp2Lm4Qr6St8Vw0Xy" })).toEqual([]);

    await client.beta.sessions.archive(ids[2] as string);
    const left = [ids[4], ids[3], ids[1], ids[0]];
    expect(await listed({})).toEqual(left);
    expect(await listed({ statuses: ["idle", "running"] })).toEqual(left);
    expect(await listed({ statuses: ["running", "rescheduling"] })).toEqual([]);
    expect(await listed({ statuses: ["terminated"] })).toEqual([ids[2]]);
    expect(await listed({ statuses: ["terminated"], agent_version: 2 })).toEqual([]);
    expect(await listed({ statuses: ["idle", "terminated", "idle"] })).toEqual([...ids].reverse());
    expect(await listed({ include_archived: true, order: "asc" })).toEqual(ids);

    const page = (more: SessionListParams) =>
      client.beta.sessions.list({ agent_id, limit: 2, include_archived: true, ...more });
    const first = await page({});
    expect(first.prev_page).toBeNull();
    const second = await first.getNextPage();
    const third = await second.getNextPage();
    expect(third.data.map(({ id }) => id)).toEqual([ids[0]]);
    expect(third.next_page).toBeNull();
    const back = await page({ page: third.prev_page });
    expect(back.data.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const start = await page({ page: back.prev_page });
    expect(start.data.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
    expect(start.prev_page).toBeNull();
  });

  test("a cursor holds for its list, its workspace, its order and its time; filters and limit may change", async () => {
    const client = lab.client(form);
    const { agent_id, made, ids } = await five(lab, client);
    const { sessions, agents, environments } = client.beta;
    const cursor = (await sessions.list({ agent_id, limit: 2 })).next_page ?? "";
    const after = async (more: SessionListParams) => (await sessions.list({ page: cursor, ...more })).data;
    expect((await after({ agent_id, limit: 1 })).map(({ id }) => id)).toEqual([ids[2]]);
    expect((await after({ agent_id, agent_version: 1, limit: 5 })).map(({ id }) => id)).toEqual([
      ids[2],
      ids[1],
      ids[0],
    ]);
    expect(await after({ agent_id, agent_version: 2 })).toEqual([]);
    const at = made[3]?.created_at;
    expect(await after({ agent_id, "created_at[lte]": at, "created_at[gte]": at })).toEqual([]);

    const [head, tail] = [cursor.slice(0, 20), cursor.slice(20)];
    const swapped = tail.startsWith("A") ? "B" : "A";
    const versions = await agents.versions.list(agent_id, { limit: 1 });
    const foreign = (await agents.list({ limit: 1 })).next_page ?? "";
    for (const call of [
      () => sessions.list({ page: cursor, order: "asc" }),
      () => sessions.list({ page: cursor, "created_at[lt]": at }),
      () => sessions.list({ page: cursor, "created_at[gt]": at }),
      () => sessions.list({ page: head + swapped + tail.slice(1) }),
      () => sessions.list({ page: cursor.slice(0, -1) }),
      () => sessions.list({ page: `${cursor}A` }),
      () => sessions.list({ page: foreign }),
      () => lab.other(form).beta.sessions.list({ page: cursor }),
      () => agents.list({ page: cursor }),
      () => environments.list({ page: cursor }),
      () => agents.versions.list(agent_id, { page: foreign }),
      () => agents.list({ page: versions.next_page }),
      () => sessions.events.list(ids[0] as string, { page: cursor }),
      () => sessions.threads.list(ids[0] as string, { page: cursor }),
    ]) {
      const error = await refused(call(), Anthropic.BadRequestError);
      expect(error.apiMessage).toMatch(/^page: /);
    }
  });
}
