/** Frames on `/x/sessions/{id}/socket`: valid ones, nearly valid ones, and what is no WebSocket at all. */
import fc from "fast-check";
import { EVENTS } from "./bodies.ts";
import { anEdit, edited } from "./json.ts";
import { judgeMessage, judgeText } from "./oracle.ts";
import type { Totals } from "./totals.ts";
import { BINARY, CLOSE, connect, PING, type RawFrame, TEXT } from "./websocket.ts";
import { SECRETS, type World } from "./world.ts";

export interface Frame extends Omit<RawFrame, "payload"> {
  /** Text with tokens, or bytes. */
  payload: string | number[];
  /** Sent so many times, without waiting. */
  times: number;
}

const FRAMES = [
  { type: "ping" },
  { type: "ack", seq: 0 },
  { type: "send", request_id: "r", events: [EVENTS[0]] },
  { type: "send", request_id: "r", events: [EVENTS[1], EVENTS[2]] },
  { type: "send", request_id: "r", events: [] },
];
/** What the server says (shared design §10), and how it may close. */
const SAYS = ["subscribed", "event", "delta", "deleted", "ack", "error", "pong"];
const MAY_CLOSE = [1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 4008];
/** Longer than any pause of a working server. */
const ANSWER_MS = 20_000;

const whole = { opcode: TEXT, fin: true, rsv: 0, masked: true, times: 1 };
const text = (payload: fc.Arbitrary<string>) => payload.map((said): Frame => ({ ...whole, payload: said }));
const valid = fc.constantFrom(...FRAMES).map((frame) => JSON.stringify(frame));
const nearly = fc
  .tuple(fc.constantFrom(...FRAMES), fc.array(anEdit, { minLength: 1, maxLength: 3 }))
  .map(([frame, edits]) => edited(frame, edits));
const big = fc.constantFrom(1_000_000, 1_100_000, 3_000_000).map((n) => `{"type":"ping","x":"${"w".repeat(n)}"}`);
const broken: fc.Arbitrary<Frame> = fc.record({
  opcode: fc.constantFrom(0, TEXT, BINARY, 3, 7, CLOSE, PING, 10, 11, 15),
  fin: fc.boolean(),
  rsv: fc.constantFrom(0, 0, 1, 4, 7),
  masked: fc.boolean(),
  payload: fc.oneof(
    fc.array(fc.nat(255), { maxLength: 130 }),
    fc.constantFrom<number[]>([0x03, 0xe8], [0x03, 0xed], [0xff, 0xff], [0x00], [0xff]),
  ),
  times: fc.constant(1),
});
const aFrame: fc.Arbitrary<Frame> = fc.oneof(
  { arbitrary: text(valid), weight: 3 },
  { arbitrary: text(nearly), weight: 5 },
  { arbitrary: text(fc.string({ unit: "binary", maxLength: 50 })), weight: 1 },
  { arbitrary: text(big), weight: 1 },
  {
    arbitrary: fc.tuple(text(valid), fc.integer({ min: 20, max: 60 })).map(([frame, times]) => ({ ...frame, times })),
    weight: 1,
  },
  { arbitrary: broken, weight: 1 },
);

export interface Talk {
  session: number;
  query: string;
  frames: Frame[];
  /** How the client leaves. */
  leaves: "close" | "cut" | "early";
}

export const aTalk: fc.Arbitrary<Talk> = fc.record({
  session: fc.nat(5),
  query: fc.constantFrom("", "", "?after=0", "?deltas=agent.message", "?after=0&deltas=agent.message,agent.thinking"),
  frames: fc.array(aFrame, { minLength: 1, maxLength: 6 }),
  leaves: fc.constantFrom("close", "close", "cut", "early"),
});

/** Says what is wrong; a talk that kept to RFC 6455 must still be answered at its end. */
export async function talk(plan: Talk, world: World, totals: Totals): Promise<string[]> {
  const began = performance.now();
  const target = `/x/sessions/@@session:${plan.session}@@/socket${plan.query}`;
  const connection = await connect(world, target);
  // An earlier request may have deleted it.
  if (connection.status === 404 && !world.told.alive.has(world.resolve(`@@session:${plan.session}@@`))) return [];
  if (connection.status !== 101) return [`the upgrade was answered with ${connection.status}`];
  let proper = true;
  for (const frame of plan.frames) {
    proper &&= frame.fin && frame.rsv === 0 && frame.masked && [TEXT, BINARY].includes(frame.opcode);
    const payload =
      typeof frame.payload === "string" ? Buffer.from(world.resolve(frame.payload)) : Buffer.from(frame.payload);
    for (let i = 0; i < frame.times; i++) connection.write({ ...frame, payload });
  }
  const problems: string[] = [];
  if (plan.leaves !== "early") {
    const last = JSON.stringify({ type: "send", request_id: "last", events: [] });
    connection.write({ ...whole, payload: Buffer.from(last) });
    const answered = () => connection.texts.some((said) => said.includes('"request_id":"last"'));
    await connection.until(answered, ANSWER_MS);
    if (proper && !answered()) problems.push(`no answer to the last frame; closed with ${connection.closed()}`);
  }
  if (plan.leaves === "close") {
    connection.write({ ...whole, opcode: CLOSE, payload: Buffer.from([0x03, 0xe8]) });
    await connection.until(() => connection.closed() !== null, ANSWER_MS);
  }
  connection.destroy();
  const code = connection.closed();
  totals.count("socket", code === null ? "socket cut" : `socket ${code}`, performance.now() - began, target);
  if (code !== null && !MAY_CLOSE.includes(code)) problems.push(`closed with ${code}`);
  const sent = JSON.stringify(plan.frames);
  for (const said of connection.texts) problems.push(...judgeFrame(said, sent));
  return problems;
}

/** One text that the server sent. */
export function judgeFrame(said: string, sent: string): string[] {
  const problems = judgeText(said, SECRETS);
  let value: { type?: string; request_id?: unknown; error?: { type?: unknown; message?: unknown } };
  try {
    value = JSON.parse(said);
  } catch {
    return [...problems, `a frame that is no JSON: ${said.slice(0, 200)}`];
  }
  if (!SAYS.includes(value.type ?? "")) problems.push(`a frame of type ${value.type}`);
  if (value.type !== "error") return problems;
  const { type, message } = value.error ?? {};
  if (typeof type !== "string" || typeof message !== "string")
    return [...problems, `an error without its parts: ${said}`];
  if (type === "api_error") problems.push(`an error of ours: ${message}`);
  return [...problems, ...judgeMessage(message, sent)];
}
