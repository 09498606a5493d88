import { PRIMARY } from "../../log/rows.ts";
import { type OpenRequest, threadAt } from "../../log/state.ts";
import { ModelFailure, type RawEvent } from "../model.ts";
import { writeFailure } from "../response/fail.ts";
import { type Finished, ResponseFold } from "../response/fold.ts";
import { respond } from "../response/respond.ts";
import { begin, type Closing, type ThreadContext } from "../thread.ts";

/** Sends the open request and gives the rows of its response, or of what became of it. Its intent is committed; nobody else is reading it. */
export async function callModel(context: ThreadContext): Promise<Closing | null> {
  const { doing } = context;
  const request = stateOf(context).request;
  if (!request) return null;
  // Before the request leaves: a response that cannot be taken in would be paid for nothing.
  const tools = context.tools();
  const fold = new ResponseFold({ narrates: context.narrates });
  const abort = new AbortController();
  const announced = new Map<string, string>();
  doing.sent.add(request.id);
  doing.request = { id: request.id, abort, estimate: () => fold.estimate() };
  let failure: ModelFailure | null = null;
  try {
    for await (const event of stream(context, request, abort.signal)) {
      if (stateOf(context).request?.id !== request.id) return null;
      for (const preview of fold.push(event)) show(context, announced, preview);
      warmFor(context, tools, event);
    }
  } catch (error) {
    // Anything else is a bug or the end of this instance, never the model's failure.
    if (!(error instanceof ModelFailure)) throw error;
    failure = error;
  } finally {
    if (doing.request?.id === request.id) doing.request = null;
  }
  const finished = fold.end();
  // A stream without `message_stop` is a cut stream, whatever the iterator did (shared design §4).
  failure ??= finished.complete
    ? repeatedCall(context, finished)
    : new ModelFailure("cut", "The response was cut off.");
  return (t) => {
    if (t.state.request?.id !== request.id) return;
    if (failure) writeFailure(t, context, failure, fold);
    else respond(t, context, finished, tools, announced);
  };
}

function stateOf({ log, thread }: ThreadContext) {
  return threadAt(log.state, thread);
}

/** A result names its call by the provider's id alone, so a response that gives one out twice can never be answered: it counts as a fault. */
function repeatedCall({ prompt }: ThreadContext, { parts }: Finished): ModelFailure | null {
  const ids = parts.flatMap((part) => (part.kind === "tool_use" ? [part.id] : []));
  const twice = ids.some((id, i) => ids.indexOf(id) < i || prompt.hasCall(id));
  return twice ? new ModelFailure("server", "The model gave two tool calls the same id.") : null;
}

function stream(context: ThreadContext, request: OpenRequest, signal: AbortSignal): AsyncIterable<RawEvent> {
  const state = stateOf(context);
  const body = () => context.prompt.body(state, request);
  const betas = context.betas(state);
  return context.model.stream({ model: context.modelId, betas, body, length: request.length, signal });
}

function show(
  { log, thread, preview: send }: ThreadContext,
  announced: Map<string, string>,
  preview: ReturnType<ResponseFold["push"]>[number],
): void {
  if (preview.kind === "start") {
    const id = log.newEventId();
    announced.set(preview.key, id);
    send(thread, { kind: "start", id, type: preview.type });
    return;
  }
  const id = announced.get(preview.key);
  if (id) send(thread, { kind: "text", id, type: "agent.message", index: preview.index, text: preview.text });
}

/** The machine starts while the model is still writing its first call: one row a turn says that it was asked for (shared design §5). */
function warmFor(context: ThreadContext, tools: ReturnType<ThreadContext["tools"]>, event: RawEvent): void {
  if (event.type !== "content_block_start" || stateOf(context).turn?.provisioned) return;
  const block = event.content_block as { type?: string; name?: string } | undefined;
  if (block?.type !== "tool_use" || !tools.get(block.name ?? "")?.warms) return;
  const { batch, thread } = begin(context);
  batch.addInternal("x.provision", thread === PRIMARY ? {} : { thread });
  context.commit(batch);
  void context.hand.warm(context.log.epoch);
}
