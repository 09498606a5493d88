/** The frames of `/x/sessions/{id}/socket`, both ways. One JSON text per message. */
import { z } from "zod";
import type { WireError } from "../../protocol/errors.ts";

/** Characters of one message from a client; longer events are for `POST …/events`, which takes 32 MB. */
export const MAX_MESSAGE_CHARS = 1024 * 1024;
const MAX_REQUEST_ID = 128;

const RequestId = z
  .string()
  .min(1, "must not be empty")
  .max(MAX_REQUEST_ID, `must have at most ${MAX_REQUEST_ID} characters`);

/** `ack` means: everything up to `seq` is processed. The first one makes the client itself the measure of how much may be under way. */
export const ClientFrame = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("send"), request_id: RequestId, events: z.array(z.unknown()) }),
  z.strictObject({ type: z.literal("ack"), seq: z.int().min(0) }),
  z.strictObject({ type: z.literal("ping") }),
]);
export type ClientFrame = z.infer<typeof ClientFrame>;

/** The first frame: stored events with a higher seq follow. */
export function subscribed(seq: number): string {
  return JSON.stringify({ type: "subscribed", seq });
}

/** `event` is JSON text. */
export function stored(seq: number, event: string): string {
  return `{"type":"event","seq":${seq},"event":${event}}`;
}

/** An `event_start` or `event_delta`: not stored, no seq. */
export function preview(event: string): string {
  return `{"type":"delta","event":${event}}`;
}

/** The session is deleted: the last frame. `event` is the `session.deleted` event's JSON text. */
export function deleted(event: string): string {
  return `{"type":"deleted","event":${event}}`;
}

/** The answer to `send`; `body` is the JSON text of what `POST …/events` answers. */
export function acceptedFrame(requestId: string, body: string): string {
  return `{"type":"ack","request_id":${JSON.stringify(requestId)},${body.slice(1)}`;
}

/** The answer to a frame that cannot be taken; `request_id` null when it has none. */
export function refusedFrame(requestId: string | null, { type, message }: Pick<WireError, "type" | "message">): string {
  return JSON.stringify({ type: "error", request_id: requestId, error: { type, message: message.toWellFormed() } });
}

export const PONG = JSON.stringify({ type: "pong" });
