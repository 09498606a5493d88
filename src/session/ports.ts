import { findModel } from "../brain/models/facts.ts";
import { openModel } from "../brain/models/open-model.ts";
import { type Ports, retryBaseFrom } from "../brain/ports.ts";
import { costOf } from "../brain/prices.ts";
import { Prompt, type PromptSource } from "../brain/prompt.ts";
import { pricedBy, providersFrom } from "../brain/providers.ts";
import { narrates, requestBetas, requestPrefix, requestSuffix } from "../brain/request.ts";
import { toolChange } from "../brain/toolchange.ts";
import { toolTable } from "../brain/tools.ts";
import type { Env } from "../env.ts";
import { sandboxHand } from "../hands/stub.ts";
import { INTERRUPTED_AFTER_TEXT, INTERRUPTED_BEFORE_TEXT } from "../hands/texts.ts";
import { readBlob } from "../log/blob.ts";
import type { LogView } from "../log/list.ts";
import type { Log } from "../log/log.ts";
import { type BlobRef, Corrupted, PRIMARY, parsed, type Row } from "../log/rows.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { type Operator, operatorOf } from "./operator-watch.ts";
import { pushIndex } from "./outbox.ts";
import type { SessionInit } from "./rpc.ts";

/** The ports of the loop, and the operator's eye on it. */
export interface SessionPorts extends Ports {
  operator: Operator;
  /** The agent of a row that the batch being made holds: it cannot be read yet. Null when the batch is over, committed or dropped. */
  expect(placed: Placed | null): void;
}

/** An agent and the seq of the row that brought it. */
export interface Placed {
  place: number;
  agent: SessionAgent;
}

/** Where the effects of a session's turns go. The only place in this room that reads settings. */
export function portsOf(parts: {
  env: Env;
  log: Log<SessionInit>;
  view: LogView;
  init: SessionInit;
  commit: Ports["commit"];
  preview: Ports["preview"];
}): SessionPorts {
  const { env, log, init } = parts;
  const read = (name: string) => setting(env, name);
  const { agent } = init;
  const { agentAt, expect } = agentsOf(parts);
  const tools = (place: number) => toolTable(agentAt(place));
  const tells = findModel(agent.model.id)?.systemMessages ?? false;
  const terms = { speed: agent.model.speed ?? undefined, geo: agent.model.inference_geo ?? undefined };
  const prompt = new Prompt(promptSource(parts), {
    prefix: (dropBlock, opening) =>
      requestPrefix({ agent, tools: [...tools(opening).values()].map((tool) => tool.definition), dropBlock }),
    suffix: (previousMessageId) => requestSuffix({ previousMessageId }),
  });
  return {
    log,
    model: openModel({ read, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }),
    modelId: agent.model.id,
    betas: ({ dropBlock, agents }) => requestBetas({ agent, dropBlock, toolChanges: agents.told }),
    narrates: narrates(agent.model.id),
    hand: sandboxHand(env.SANDBOX, init.id),
    tools: () => tools(log.state.agents.inForce),
    agentAt,
    expect,
    prompt: () => prompt,
    commit: parts.commit,
    preview: parts.preview,
    now: () => Date.now() * 1000,
    retryBaseMs: retryBaseFrom(read("RETRY_BASE_MS")),
    sessionId: init.id,
    priced: () => (priced(agent.model.id, read)?.prices ?? null) !== null,
    setting: {
      who: { threadId: init.threadId, agentName: agent.name },
      toolChange: (state) => toolChange(state, tools, tells),
      price: (usage) => costOf(usage, priced(agent.model.id, read), terms),
      interrupted: { before: INTERRUPTED_BEFORE_TEXT, after: INTERRUPTED_AFTER_TEXT },
    },
    inputOf: (seq) => inputOf(parts.view.row(PRIMARY, seq), seq),
    operator: operatorOf(env.DB, init.workspace, teller(env.DB, init, log, agentAt)),
  };
}

function inputOf(row: Row | null, seq: number): ReturnType<Ports["inputOf"]> {
  if (!row) throw new Corrupted({ seq, type: "agent.tool_use" });
  return parsed(row, "body");
}

/** Tells the catalog what a turn under way has come to, if anything was committed since it was told. */
function teller(...[db, init, log, agentAt]: Parameters<typeof pushIndex>): () => Promise<void> {
  let told = 0;
  return async () => {
    const { seq } = log.state;
    if (seq !== told && (await pushIndex(db, init, log, agentAt)) !== "failed") told = seq;
  };
}

/** Opens the agent of a place (`Agents`). The last one is kept: every response looks it up. */
function agentsOf({ init, view }: Pick<Parameters<typeof portsOf>[0], "init" | "view">) {
  let kept: Placed = { place: 0, agent: init.agent };
  let coming: Placed | null = null;
  const agentAt = (place: number): SessionAgent => {
    if (place === 0) return init.agent;
    if (place === coming?.place) return coming.agent;
    if (kept.place !== place) {
      const row = view.row(PRIMARY, place);
      if (!row) throw new Corrupted({ seq: place, type: "session.updated" });
      kept = { place, agent: parsed<{ agent: SessionAgent }>(row, "body").agent };
    }
    return kept.agent;
  };
  const expect = (placed: Placed | null) => {
    coming = placed;
  };
  return { agentAt, expect };
}

/** Opens content that the Worker put into R2 before the session took the event. */
export async function openRemote(
  bucket: R2Bucket,
  sessionId: string,
  ref: BlobRef,
): Promise<ReadableStream<Uint8Array>> {
  const object = await bucket.get(`sessions/${sessionId}/${ref.sha}`);
  if (!object) throw new Corrupted(ref);
  return object.body;
}

function promptSource({ env, log, view, init }: Parameters<typeof portsOf>[0]): PromptSource {
  return {
    rowsAfter: (seq) => view.promptRows(seq),
    column: (seq, n, column) => view.column(seq, n, column),
    blob: (sha) => readBlob(log.sql, sha),
    async *remote(ref) {
      for await (const chunk of await openRemote(env.BLOBS, init.id, ref)) yield chunk;
    },
  };
}

function setting(env: Env, name: string): string | undefined {
  const value = (env as unknown as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

/** A malformed PROVIDERS fails the request that needs it, not the price of one. */
function priced(model: string, read: (name: string) => string | undefined): ReturnType<typeof pricedBy> {
  try {
    return pricedBy(model, providersFrom(read));
  } catch {
    return null;
  }
}
