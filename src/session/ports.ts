import { z } from "zod";
import { findModel } from "../brain/models/facts.ts";
import { openModel } from "../brain/models/open-model.ts";
import { costOf } from "../brain/money/prices.ts";
import { Prompt, type PromptSource } from "../brain/prompt/prompt.ts";
import { narrates, requestBetas, requestPrefix, requestSuffix } from "../brain/prompt/request.ts";
import { toolChange } from "../brain/prompt/tool-change.ts";
import { pricedBy, providersFrom, type ReadSetting } from "../brain/providers.ts";
import { type Ports, retryBaseFrom, type ThreadSetup } from "../brain/thread.ts";
import type { Env } from "../env.ts";
import { BARE_PROVISION, type Provision } from "../hands/machine.ts";
import { openHands, toolTable } from "../hands/registry.ts";
import type { Batch } from "../log/batch.ts";
import { readBlob } from "../log/blob.ts";
import type { LogView } from "../log/list.ts";
import type { Log } from "../log/log.ts";
import { type BlobRef, Corrupted, PRIMARY, parsed, type Row } from "../log/rows.ts";
import { threadAt } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { CatalogRow } from "./deliveries.ts";
import { type Operator, operatorOf } from "./operator-watch.ts";
import type { SessionInit } from "./rpc.ts";

/** The effects of a session's turns, the operator's eye on them, and what each thread runs. */
export interface SessionPorts extends Ports {
  operator: Operator;
  catalogRow: CatalogRow;
  agent(thread: number): ThreadSetup;
}

interface Parts extends Pick<Ports, "commit" | "preview"> {
  env: Env;
  log: Log<SessionInit>;
  view: LogView;
  init: SessionInit;
}

/** Where the effects of a session's turns go. The only place in this room that reads settings. */
export function portsOf(parts: Parts): SessionPorts {
  const { env, log, init } = parts;
  const read = (name: string) => setting(env, name);
  const agents = new Agents(parts);
  const catalogRow = new CatalogRow(env.DB, init, log, (place) => agents.at(place));
  return {
    log,
    model: openModel({ read, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) }),
    hand: openHands({ sessionId: init.id, provision: provisionOf(init), sandboxes: env.SANDBOX }),
    commit: parts.commit,
    preview: parts.preview,
    now: () => Date.now() * 1000,
    retryBaseMs: retryBaseFrom(read("RETRY_BASE_MS")),
    sessionId: init.id,
    operator: operatorOf(env.DB, init.workspace, () => catalogRow.pushSpending()),
    catalogRow,
    agent: (thread) => threadAgent(parts, agents, thread, read),
  };
}

/** Nothing but the environment can be asked for yet (`protocol/unsupported.ts`). */
function provisionOf({ environment }: Pick<SessionInit, "environment">): Provision {
  return { ...BARE_PROVISION, environment: environment ?? null };
}

/** What one thread runs. Its model and its system prompt are those it was made with, whatever updates bring (spec/core.md §4.9). */
function threadAgent(parts: Parts, agents: Agents, thread: number, read: ReadSetting): ThreadSetup {
  const state = () => threadAt(parts.log.state, thread);
  const agent = agents.at(thread === PRIMARY ? 0 : state().agents.newest);
  const facts = findModel(agent.model.id);
  const takesSystemTurns = facts?.systemMessages ?? false;
  const terms = { speed: agent.model.speed ?? undefined, geo: agent.model.inference_geo ?? undefined };
  const tools = (place: number, batch?: Batch) => toolTable(agents.at(place, batch));
  return {
    modelId: agent.model.id,
    betas: ({ dropBlock, agents: { told } }) => requestBetas({ agent, dropBlock, toolChanges: told }),
    narrates: narrates(agent.model.id),
    takesSystemTurns,
    agentAt: (place, batch) => agents.at(place, batch),
    tools: () => tools(state().agents.inForce),
    toolChange: (t) => toolChange(t.state, (place) => tools(place, t.batch), takesSystemTurns),
    price: (usage) => costOf(usage, priced(agent.model.id, read), terms),
    priced: () => (priced(agent.model.id, read)?.prices ?? null) !== null,
    prompt: new Prompt(promptSource(parts, thread), {
      prefix: (dropBlock, opening, batch) =>
        requestPrefix({ agent, tools: [...tools(opening, batch).values()].map((tool) => tool.definition), dropBlock }),
      suffix: (previousMessageId) => requestSuffix({ previousMessageId }),
    }),
    inputOf: (seq) => {
      const row = parts.view.row(thread, seq);
      if (!row) throw new Corrupted({ seq, type: "agent.tool_use" });
      return parsed(row, "body", CallBody);
    },
  };
}

const CallBody = z.object({ name: z.string(), input: z.record(z.string(), z.unknown()) });
// It was checked when it was taken, and other bytes than those the model was told would be another conversation.
const Agent = z.custom<SessionAgent>(
  (value) =>
    z.looseObject({ tools: z.array(z.unknown()), model: z.looseObject({ id: z.string() }) }).safeParse(value).success,
);
const WithAgent = z.object({ agent: Agent });

/** Opens the agent of a place (`Agents` in log/state.ts). The last one is kept: every response looks it up. */
class Agents {
  readonly #view: LogView;
  readonly #first: SessionAgent;
  #kept: { place: number; agent: SessionAgent } | null = null;

  constructor({ init, view }: Pick<Parts, "init" | "view">) {
    this.#view = view;
    this.#first = init.agent;
  }

  /** `batch` may hold the row, which cannot be read yet. Throws `Corrupted`. */
  at(place: number, batch?: Batch): SessionAgent {
    if (place === 0) return this.#first;
    const coming = batch?.rows.find((row) => row.seq === place);
    if (coming) return agentOf(coming);
    if (this.#kept?.place !== place) {
      const row = this.#view.row(PRIMARY, place);
      if (!row) throw new Corrupted({ seq: place, type: "session.updated" });
      this.#kept = { place, agent: agentOf(row) };
    }
    return this.#kept.agent;
  }
}

/** An update has the agent in its body, for people to see; a new thread in its note. */
function agentOf(row: Row): SessionAgent {
  return parsed(row, row.type === "session.updated" ? "body" : "note", WithAgent).agent;
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

function promptSource({ env, log, view, init }: Parts, thread: number): PromptSource {
  return {
    rowsAfter: (seq) => view.promptRows(thread, seq),
    column: (seq, n, column) => view.column(thread, seq, n, column),
    blob: (sha) => readBlob(log.sql, sha),
    async *remote(ref) {
      for await (const chunk of await openRemote(env.BLOBS, init.id, ref)) yield chunk;
    },
  };
}

function setting(env: Env, name: string): string | undefined {
  const value: unknown = Reflect.get(env, name);
  return typeof value === "string" ? value : undefined;
}

/** A malformed PROVIDERS fails the request that needs it, not the price of one. */
function priced(model: string, read: ReadSetting): ReturnType<typeof pricedBy> {
  try {
    return pricedBy(model, providersFrom(read));
  } catch {
    return null;
  }
}
