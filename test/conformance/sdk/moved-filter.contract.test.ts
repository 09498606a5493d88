/** A cursor of the event list with a time filter that has moved away from it (spec/core.md §1.8). */
import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { useLab } from "./lab.ts";
import { message, turn } from "./reader.ts";
import { refused } from "./refusal.ts";

const lab = useLab();

test("a filter that excludes the cursor is refused; one that holds it is not", async () => {
  const { client, session } = await lab.talk();
  await turn(client, session.id, [message(lab.script(say("One.")))]);
  const { events } = client.beta.sessions;
  const all = (await events.list(session.id)).data;
  const page = (await events.list(session.id, { limit: 3 })).next_page ?? "";
  const stampOf = (i: number) => all[i]?.processed_at ?? "";
  const holding = await events.list(session.id, { page, "created_at[gte]": stampOf(1) });
  expect(holding.data).toEqual(all.slice(3));
  for (const bound of [{ "created_at[gt]": stampOf(5) }, { "created_at[lt]": stampOf(1) }]) {
    await refused(events.list(session.id, { page, ...bound }), Anthropic.BadRequestError);
  }
});
