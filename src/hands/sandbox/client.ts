/** The hand a Session object uses: its Sandbox object, reached anew after every reset until the call's deadline. */
import { inTime } from "../../catalog/intime.ts";
import { type Call, errorResult, type Hand, HandRefused, type Result, UNKNOWN_TEXT } from "../hand.ts";
import type { Provision } from "../machine.ts";
import type { Reply, SandboxRpc } from "./rpc.ts";

/** Milliseconds before a call is sent again: doubled each time, up to the second. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
/** Milliseconds beyond its deadline that a call may take to come back: the body is stopped at the deadline itself. */
const GRACE_MS = 5_000;
/** An attempt that ran for so many milliseconds before the sandbox broke has probably broken it; after so many of those the call is given up. */
const LONG_MS = 5_000;
const MAX_LONG_BREAKS = 3;
/** Attempts in all: about two minutes of a sandbox that breaks at once each time. */
const MAX_ATTEMPTS = 30;

/** The Sandbox objects, by their sessions' ids. */
export interface SandboxNamespace {
  getByName(sessionId: string): Pick<SandboxRpc, "warm" | "cancel" | "remove"> & {
    execute(...call: Parameters<SandboxRpc["execute"]>): Promise<Reply & Disposable>;
  };
}

/**
 * The sandbox of a session. Sending a call again is safe, since the sandbox runs a key at most once; when no answer has come by the deadline, the
 * outcome is unknown and the result says so. A call that was cancelled, or whose machine was deleted, is not sent again: the new machine
 * would know nothing of it and run it.
 */
export function sandboxHand(namespace: SandboxNamespace, sessionId: string, provision: Provision): Hand {
  // A stub that has thrown stays broken, so each attempt takes a new one.
  const sandbox = () => namespace.getByName(sessionId);
  const wanted = new Set<string>();
  return {
    warm: (epoch) =>
      sandbox()
        .warm(epoch, provision)
        .catch(() => {}),
    execute: (call) => {
      wanted.add(call.key);
      return execute(
        () => sandbox().execute(call, provision),
        call,
        () => wanted.has(call.key),
      ).finally(() => wanted.delete(call.key));
    },
    cancel: (key, epoch) => {
      wanted.delete(key);
      return sandbox().cancel(key, epoch);
    },
    remove: () => {
      wanted.clear();
      return sandbox().remove();
    },
  };
}

type Send = () => Promise<Reply & Disposable>;

async function execute(send: Send, call: Call, isWanted: () => boolean): Promise<Result> {
  const end = call.deadline + GRACE_MS;
  let longBreaks = 0;
  for (let attempts = 1, wait = FIRST_RETRY_MS; ; attempts++, wait = Math.min(wait * 2, LAST_RETRY_MS)) {
    const began = Date.now();
    const reply = await attempt(send, Math.max(0, end - began));
    if (reply !== null && "refused" in reply) throw new HandRefused(reply.refused);
    if (reply !== null) return reply.result;
    if (Date.now() - began >= LONG_MS) longBreaks += 1;
    if (Date.now() + wait < end && longBreaks < MAX_LONG_BREAKS && attempts < MAX_ATTEMPTS) {
      await new Promise<void>((resolve) => setTimeout(resolve, wait));
      if (isWanted()) continue;
    }
    if (isWanted()) console.error(JSON.stringify({ level: "error", event: "sandbox_lost", call: call.key, attempts }));
    return { ...errorResult(UNKNOWN_TEXT), unknown: true };
  }
}

/** The sandbox's reply, or null when it broke before it could answer, or had not answered after so many milliseconds. */
async function attempt(send: Send, ms: number): Promise<Reply | null> {
  try {
    using reply = await inTime(send(), ms);
    return "refused" in reply ? { refused: reply.refused } : { result: structuredClone(reply.result) };
  } catch {
    return null;
  }
}
