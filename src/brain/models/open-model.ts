/**
 * The one door to all models: each request goes to the endpoint that serves its model, or to the scripted one.
 */
import { type Model, ModelFailure, type ModelRequest, type RawEvent } from "../model.ts";
import { type Provider, providerFor, providersFrom, type ReadSetting } from "../providers.ts";
import { REHEARSAL_ID } from "./facts.ts";
import { MessagesModel } from "./messages-api.ts";
import { paceFrom, RehearsalModel } from "./rehearsal.ts";

export interface OpenModelSettings {
  /** Reads a setting of the deployment: PROVIDERS, REHEARSAL, REHEARSAL_PACE, ANTHROPIC_BASE_URL, and the keys that rows name. */
  read: ReadSetting;
  sleep: (ms: number) => Promise<void>;
}

/** Opens no connection and never throws: a setting that is wrong or missing fails the request that needs it, with `not_configured`. */
export function openModel({ read, sleep }: OpenModelSettings): Model {
  const rehearsal =
    read("REHEARSAL") === "1" ? new RehearsalModel({ pace: paceFrom(read("REHEARSAL_PACE")), sleep }) : null;
  let providers: Provider[] | null = null;

  const modelFor = (id: string): Model => {
    if (id === REHEARSAL_ID) {
      if (rehearsal) return rehearsal;
      throw new ModelFailure(
        "not_configured",
        `The model "${REHEARSAL_ID}" plays only where the setting REHEARSAL is 1.`,
      );
    }
    providers ??= providersFrom(read);
    return new MessagesModel(providerFor(id, providers, read));
  };
  return {
    /** The iterator is made when it is asked for: so a setting that is wrong rejects, and does not throw here. */
    stream: (request: ModelRequest): AsyncIterable<RawEvent> => ({
      [Symbol.asyncIterator]: () => modelFor(request.model).stream(request)[Symbol.asyncIterator](),
    }),
  };
}
