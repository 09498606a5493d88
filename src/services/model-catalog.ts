/** Which models an agent may name. */
import { ModelFailure } from "../brain/model.ts";
import { findModel } from "../brain/models/facts.ts";
import { type Provider, pricedBy, providersFrom, rowFor } from "../brain/providers.ts";
import { ApiError } from "../protocol/errors.ts";
import type { EffortLevel } from "../protocol/model-config.ts";

export interface KnownModel {
  /** As the table has it, when the model was named by another of its ids. */
  id: string;
  /** Null: the model takes no effort. */
  effort: { levels: readonly EffortLevel[]; default: EffortLevel } | null;
  /** Null: it has no fast mode. */
  fast: object | null;
}

export interface ModelCatalog {
  /** Null when no such model is known here. */
  find(id: string): KnownModel | null;
  /** Whether it has a public list price where it is served: without one no budget can hold (spec/core.md §4.11). */
  priced(id: string): boolean;
}

/** The settings that say what is offered beside the table. */
export interface ModelCatalogSettings {
  /** "1" offers the scripted model `rehearsal`. */
  REHEARSAL?: string | undefined;
  /** JSON list of provider rows (`brain/providers.ts`). */
  PROVIDERS?: string | undefined;
}

/** The models of the table, `rehearsal` when offered, and whatever a row of PROVIDERS serves: of those nothing but the id is known. */
export function modelCatalog(settings: ModelCatalogSettings): ModelCatalog {
  return {
    find(id) {
      const facts = findModel(id, { rehearsal: settings.REHEARSAL === "1" });
      if (facts) return facts;
      const providers = rowsOf(settings.PROVIDERS);
      // The last row is the built-in one, whose models are those of the table.
      return rowFor(id, providers.slice(0, -1)) ? { id, effort: null, fast: null } : null;
    },
    priced: (id) => pricedBy(id, rowsOf(settings.PROVIDERS))?.prices != null,
  };
}

/** A malformed setting is the operator's mistake: said so, by the rule it breaks and never a value, instead of an internal error. */
function rowsOf(setting: string | undefined): Provider[] {
  try {
    return providersFrom((name) => (name === "PROVIDERS" ? setting : undefined));
  } catch (error) {
    if (!(error instanceof ModelFailure)) throw error;
    throw new ApiError({ status: 500, type: "api_error", message: error.message, noRetry: true });
  }
}
