import { callKey, errorResult, HandRefused, type Result, UNKNOWN_TEXT } from "../hands/hand.ts";
import { factsOf } from "../hands/registry.ts";
import { Fenced } from "../log/log.ts";
import { Corrupted, INTERNAL } from "../log/rows.ts";
import { type CallState, type OpenRequest, openCalls } from "../log/state.ts";
import { advance, exhaust, openRequest, type Setting } from "./advance.ts";
import { failed } from "./fail.ts";
import { ModelFailure, type RawEvent } from "./model.ts";
import { type Doing, liveOf, type Ports } from "./ports.ts";
import { respond } from "./respond.ts";
import { type Finished, ResponseFold } from "./response.ts";

export function settingOf(ports: Ports, doing: Doing): Setting {
  return { ...ports.setting, live: () => liveOf(ports, doing), measure: (batch) => ports.prompt().measure(batch) };
}

/** Rows that follow without an effect, as one commit; false when there were none. */
export function commitAdvance(ports: Ports, doing: Doing): boolean {
  const b = ports.log.begin(ports.now());
  advance(b, settingOf(ports, doing));
  if (b.rows.length === 0) return false;
  ports.commit(b);
  return true;
}

/** Sends the open request and writes its response, or what became of it. Its intent is committed; nobody else is reading it. */
export async function callModel(ports: Ports, doing: Doing): Promise<void> {
  const request = ports.log.state.request;
  if (!request) return;
  // Before the request leaves: a response that cannot be taken in would be paid for nothing.
  const tools = ports.tools();
  const fold = new ResponseFold({ narrates: ports.narrates });
  const abort = new AbortController();
  const announced = new Map<string, string>();
  doing.sent.add(request.id);
  doing.request = { id: request.id, abort, estimate: () => fold.estimate() };
  const open = () => ports.log.state.request?.id === request.id;
  let failure: ModelFailure | null = null;
  try {
    for await (const event of stream(ports, request, abort.signal)) {
      if (!open()) return;
      for (const preview of fold.push(event)) show(ports, announced, preview);
      warmFor(ports, tools, event);
    }
  } catch (error) {
    // Anything else is a bug or the end of this instance, never the model's failure.
    if (!(error instanceof ModelFailure)) throw error;
    failure = error;
  } finally {
    doing.request = null;
  }
  if (!open()) return;
  const finished = fold.end();
  const b = ports.log.begin(ports.now());
  const setting = settingOf(ports, doing);
  // A stream without `message_stop` is a cut stream, whatever the iterator did (shared design §4).
  failure ??= finished.complete ? repeatedCall(ports, finished) : new ModelFailure("cut", "The response was cut off.");
  if (failure) failed(b, setting, failure, fold, ports.retryBaseMs);
  else respond(b, setting, finished, tools, announced);
  advance(b, setting);
  ports.commit(b);
}

/** A result names its call by the provider's id alone, so a response that gives one out twice can never be answered: it counts as a fault. */
function repeatedCall(ports: Ports, { parts }: Finished): ModelFailure | null {
  const ids = parts.flatMap((part) => (part.kind === "tool_use" ? [part.id] : []));
  const twice = ids.some((id, i) => ids.indexOf(id) < i || ports.prompt().hasCall(id));
  return twice ? new ModelFailure("server", "The model gave two tool calls the same id.") : null;
}

/** Runs one dispatched call and writes its result. Resending after a crash is safe: the hand knows the key. */
export async function executeCall(ports: Ports, doing: Doing, call: CallState): Promise<void> {
  const { name, input } = ports.inputOf(call.seq);
  const { state } = ports.log;
  const { hand, deadlineMs } = factsOf(ports.tools(), name);
  const released = new Promise<null>((resolve) => {
    doing.call = { id: call.id, release: () => resolve(null) };
  });
  const running = ports.hand
    .execute({
      key: callKey(ports.sessionId, call.id),
      hand,
      name,
      input,
      digest: call.digest,
      epoch: ports.log.epoch,
      deadline: ports.now() / 1000 + deadlineMs,
      open: { at: state.seq, keys: openCalls(state).map((one) => callKey(ports.sessionId, one.id)) },
    })
    .catch(refusedOrUnknown);
  const outcome = await Promise.race([running, released]).finally(() => {
    // Also when the hand refuses this instance: a call that nobody waits for must not look like one that is under way.
    if (doing.call?.id === call.id) doing.call = null;
  });
  if (!outcome) return;
  const open = ports.log.state.calls.find((one) => one.id === call.id && !one.settled);
  if (!open) return;
  const b = ports.log.begin(ports.now());
  b.add("agent.tool_result", {
    body: { tool_use_id: call.id, is_error: outcome.isError },
    content: JSON.stringify(outcome.content),
  });
  advance(b, settingOf(ports, doing));
  ports.commit(b);
}

/** Opens a request whose prompt has parts in R2. What was accepted while they were read makes the measure stale: the loop asks again. */
export async function measureRequest(ports: Ports, doing: Doing): Promise<void> {
  const b = ports.log.begin(ports.now());
  const measured = await ports
    .prompt()
    .measureRemote(b)
    .catch((error: unknown) => {
      // Asking again would find the same: the turn ends and says why.
      if (error instanceof Corrupted) return error;
      throw error;
    });
  if (!measured || !ports.log.isCurrent(b)) return;
  if (measured instanceof Corrupted) exhaust(b, settingOf(ports, doing), "unknown_error", measured.message);
  else openRequest(b, measured);
  ports.commit(b);
}

/** A hand that has seen a newer epoch: this instance is no longer the session. Anything else leaves the outcome open. */
function refusedOrUnknown(error: unknown): Result {
  if (error instanceof HandRefused && error.reason === "stale_epoch") throw new Fenced();
  return errorResult(UNKNOWN_TEXT);
}

function stream(ports: Ports, request: OpenRequest, signal: AbortSignal): AsyncIterable<RawEvent> {
  const { state } = ports.log;
  const body = () => ports.prompt().body(state, request);
  return ports.model.stream({ model: ports.modelId, betas: ports.betas(state), body, length: request.length, signal });
}

function show(ports: Ports, announced: Map<string, string>, preview: ReturnType<ResponseFold["push"]>[number]): void {
  if (preview.kind === "start") {
    const id = ports.log.newEventId();
    announced.set(preview.key, id);
    ports.preview({ kind: "start", id, type: preview.type });
    return;
  }
  const id = announced.get(preview.key);
  if (id) ports.preview({ kind: "text", id, type: "agent.message", index: preview.index, text: preview.text });
}

/** The machine starts while the model is still writing its first call: one row a turn says that it was asked for (shared design §5). */
function warmFor(ports: Ports, tools: ReturnType<Ports["tools"]>, event: RawEvent): void {
  if (event.type !== "content_block_start" || ports.log.state.turn?.provisioned) return;
  const block = event.content_block as { type?: string; name?: string } | undefined;
  if (block?.type !== "tool_use" || !tools.get(block.name ?? "")?.warms) return;
  const b = ports.log.begin(ports.now());
  b.add("x.provision", { thread: INTERNAL });
  ports.commit(b);
  void ports.hand.warm(ports.log.epoch);
}
