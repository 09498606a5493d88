/** To what the hand and the model server saw. */
import type { Dump } from "../dump.ts";
import { rowsOf, textOf } from "../read.ts";
import { change, changeRow, type Defects, defect, drop, none } from "./spoil.ts";

const answered = (dump: Dump) =>
  dump.events.find(
    (event) =>
      event.type === "agent.tool_result" &&
      dump.hand.some(({ key, recorded }) => recorded === textOf(event) && key.endsWith(event.tool_use_id as string)),
  );

function noteOf(dump: Dump, more: object): unknown {
  const row = rowsOf(dump, "span.model_request_start")?.[1];
  const note = { ...(JSON.parse(row?.note ?? "{}") as object), ...more };
  return changeRow(dump.inside?.rows, (one) => one === row, { note: JSON.stringify(note) });
}

export const EFFECTS: Defects = {
  I5: [
    defect("which is no call in the log", (dump) =>
      dump.hand.push({ key: "sesn_01/sevt_nobody", digest: "", runs: 1, outcome: null }),
    ),
    defect("which was not dispatched", (dump) => drop(dump.inside?.rows, (row) => row.type === "x.dispatch")),
    defect("its intent is row", ({ hand: [entry] }) => (entry ? Object.assign(entry, { at: 1 }) : none)),
  ],
  I7: [
    defect("ran 2 times", ({ hand: [entry] }) => (entry ? Object.assign(entry, { runs: 2 }) : none)),
    defect("ran under 2 keys", ({ hand }) => (hand[0] ? hand.push({ ...hand[0], key: `2/${hand[0].key}` }) : none)),
  ],
  I9: [
    defect("left with bytes that no intent names", ({ bodies: [, body] }) =>
      body ? Object.assign(body, { text: body.text.replace('"role":"user"', '"role": "user"') }) : none,
    ),
    defect("does not begin with the one before it", (dump) => {
      const [one, other] = rowsOf(dump, "span.model_request_start") ?? [];
      if (!one || !other || one.note === other.note) return none;
      [one.note, other.note] = [other.note, one.note];
      return one;
    }),
    defect("sends other bytes", (dump) => noteOf(dump, { attempt: 2 })),
    defect("long", (dump) => noteOf(dump, { length: 3 })),
    defect("says that a retry sends other bytes", ({ inside }) => {
      const row = inside?.rows[0];
      const body = '{"reason":"bytes"}';
      return row ? inside.rows.splice(1, 0, { ...row, type: "x.prefix_changed", body }) : none;
    }),
    defect("binds its prefix", ({ inside, bodies }) => {
      const row = inside?.rows[0];
      const bound = bodies.every(({ text }) => !text.includes("drop_block")) && bodies.length > 0;
      return row && bound ? inside.rows.splice(1, 0, { ...row, type: "x.prefix_changed" }) : none;
    }),
  ],
  I10: [
    defect("the first message must be from the user", ({ bodies: [body] }) =>
      body ? Object.assign(body, { text: body.text.replace('"role":"user"', '"role":"assistant"') }) : none,
    ),
  ],
  I12: [
    defect("is not what the hand recorded", (dump) =>
      change(answered(dump), { content: [{ type: "text", text: "made up" }] }),
    ),
    defect("is not what the hand recorded", (dump) => {
      const result = answered(dump);
      for (const entry of dump.hand) entry.outcome = null;
      return change(result, { content: [{ type: "text", text: "made up" }] });
    }),
    ...[
      ["outcome is unknown, and the hand has it", "The outcome of this call is unknown: made up"],
      ["did not run, and the hand ran it", "interrupted before it ran"],
      ["refuses a call that the hand ran", "There is no tool named bash in this session."],
      ["denies a call that was dispatched", "interrupted before it ran"],
    ].map(([says, text]) =>
      defect(says as string, (dump) => change(answered(dump), { is_error: true, content: [{ type: "text", text }] })),
    ),
    defect("and calls it no error", (dump) =>
      change(answered(dump), { content: [{ type: "text", text: "interrupted; it may have taken effect, check" }] }),
    ),
    defect("speaks of a call that was not dispatched", (dump) => {
      const result = answered(dump);
      if (result)
        drop(dump.inside?.rows, (row) => row.type === "x.dispatch" && row.body.includes(`${result.tool_use_id}`));
      const text = "interrupted; it may have taken effect, check";
      return change(result, { is_error: true, content: [{ type: "text", text }] });
    }),
  ],
  I16: [
    defect("are explained", ({ bodies }) => {
      const last = bodies.at(-1);
      return last ? bodies.push(...Array.from({ length: 20 }, () => ({ ...last, answer: "none" as const }))) : none;
    }),
    defect("requests left for", ({ bodies }) => (bodies[0] ? bodies.push({ ...bodies[0] }) : none)),
  ],
  I19: [
    defect("machines were begun", ({ machines }) => (machines.begun > 0 ? change(machines, { begun: 2 }) : none)),
    defect("machines are alive", ({ machines }) => (machines.alive > 0 ? change(machines, { referenced: 0 }) : none)),
  ],
};
