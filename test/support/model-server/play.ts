/** Sends one answer: its frames at its pace, its hold, its fault. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Fault, HoldPoint, Pace } from "./answer.ts";
import { type Composed, type Event, framesOf } from "./frames.ts";
import type { Holds } from "./holds.ts";
import { mintId } from "./ids.ts";
import { ERROR_TYPES, sendError, sendJson, statusOf } from "./reply.ts";

export interface Playing {
  res: ServerResponse;
  answer: Answer;
  /** The answer's fault, if it strikes this time. */
  fault: Fault | undefined;
  composed: Composed;
  stream: boolean;
  pace: Pace;
  key: string | null;
  holds: Holds;
  /** Aborted when the client goes away. */
  left: AbortSignal;
}

/** Resolves when nothing more is to be sent, or the client has left. */
export async function play(playing: Playing): Promise<void> {
  try {
    await (playing.stream ? playStream(playing) : playWhole(playing));
  } catch (error) {
    if (!playing.left.aborted) throw error;
  }
}

async function playWhole(playing: Playing): Promise<void> {
  const { res, fault, composed } = playing;
  if (await failsEarly(playing)) return;
  if (fault?.kind === "stall") return void (await forever(playing));
  if (fault?.kind === "cut") {
    const body = JSON.stringify(composed.message);
    res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    res.write(body.slice(0, body.length / 2), () => res.destroy());
    return;
  }
  if (fault?.kind === "sse_error") {
    const { type, message } = sseError(fault);
    return sendError(res, { status: statusOf(type), type, message });
  }
  sendJson(res, 200, composed.message);
}

async function playStream(playing: Playing): Promise<void> {
  const { res, fault, composed, pace, left } = playing;
  if (await failsEarly(playing)) return;
  res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "request-id": mintId("req") });
  res.flushHeaders();
  await hold(playing, "after_headers");
  let sent = 0;
  let deltas = 0;
  for (const event of framesOf(composed)) {
    if (event.type === "ping") {
      await send(res, event, left);
      continue;
    }
    if ((fault?.kind === "cut" || fault?.kind === "stall") && sent === fault.after)
      return await breakOff(playing, fault);
    if (event.type === "message_stop") await hold(playing, "before_stop");
    if (event.type === "content_block_delta" && deltas++ > 0) await pause(pace.gap_ms, left);
    await send(res, event, left);
    sent++;
    if (event.type === "content_block_delta" && deltas === 1) await hold(playing, "after_first_delta");
    if (event.type === "message_start" && fault?.kind === "pings") await ping(fault, playing);
    if (fault?.kind === "sse_error" && strikesHere(event, fault.at_block ?? 0)) {
      await send(res, { type: "error", error: sseError(fault) }, left);
      return void res.end();
    }
  }
  res.end();
}

/** What happens before any body: holds, the first pause, HTTP errors, silence. True when the answer is over. */
async function failsEarly(playing: Playing): Promise<boolean> {
  const { res, fault, pace, left } = playing;
  await hold(playing, "before_headers");
  if (fault?.kind === "no_answer") await forever(playing);
  if (fault?.kind === "status") {
    const { status, type = ERROR_TYPES[status] ?? "api_error", message = `scripted ${status}`, code } = fault;
    const headers: Record<string, string> = {};
    if (fault.retry_after !== undefined) headers["retry-after"] = String(fault.retry_after);
    sendError(res, { status, type, message, code }, headers);
    return true;
  }
  await pause(pace.first_ms, left);
  return false;
}

async function breakOff(playing: Playing, fault: Fault & { kind: "cut" | "stall" }): Promise<void> {
  if (fault.kind === "stall") return await forever(playing);
  if (!fault.reset) return void playing.res.end();
  // What is written already must leave first: destroying would drop it from the buffer. A comment is no event.
  playing.res.write(":\n\n", () => playing.res.destroy());
}

function strikesHere(event: Event, block: number): boolean {
  return event.type === "content_block_delta" && event.index === block;
}

function sseError({ type = "overloaded_error", message = "Overloaded" }: Fault & { kind: "sse_error" }) {
  return { type, message };
}

async function ping({ count, every_ms }: Fault & { kind: "pings" }, { res, left }: Playing): Promise<void> {
  for (let i = 0; i < count; i++) {
    await pause(every_ms, left);
    await send(res, { type: "ping" }, left);
  }
}

async function hold({ answer, holds, key, left }: Playing, point: HoldPoint): Promise<void> {
  if (answer.hold !== point) return;
  await holds.wait(key, left);
  left.throwIfAborted();
}

/** Until the client leaves; rejects then. */
async function forever({ left }: Playing): Promise<void> {
  if (!left.aborted) await once(left, "abort");
  left.throwIfAborted();
}

async function pause(ms: number, left: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: left });
}

async function send(res: ServerResponse, event: Event, left: AbortSignal): Promise<void> {
  left.throwIfAborted();
  const room = res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  if (!room) await once(res, "drain", { signal: left });
}
