/** `/v1/models`: what an agent may name. Pages by id, newest first. */
import { findModel, listModels } from "../../brain/models/facts.ts";
import { modelInfo } from "../../brain/models/model-info.ts";
import { ApiError, invalid, missing } from "../../protocol/errors.ts";
import * as wire from "../../protocol/models.ts";
import { pageById } from "../../protocol/page.ts";
import { type RouteGroup, route } from "../route.ts";

const group: RouteGroup = {
  tag: "Models",
  about: "What an agent may name.",
  gate: "version",
  namesWorkspace: true,
  schemas: [wire],
};

export const models = [
  route({
    group,
    method: "GET",
    path: "/v1/models",
    id: "listModels",
    summary: "List models, newest first",
    withoutCatalog: true,
    sdk: ["models.list"],
    query: wire.modelListQuery,
    answer: pageById(wire.ModelInfo),
    handle: (c, { query: { limit, after_id: after, before_id: before, lifecycle } }) => {
      const all = listModels({ rehearsal: c.env.REHEARSAL === "1" })
        .map(modelInfo)
        .filter((model) => !lifecycle || lifecycle.includes(model.lifecycle));
      const place = (name: string, id: string) => {
        const index = all.findIndex((model) => model.id === id);
        if (index < 0) throw new ApiError(invalid(`${name}: no model of this list has this id`));
        return index;
      };
      const end = before === undefined ? all.length : place("before_id", before);
      const start =
        before === undefined ? (after === undefined ? 0 : place("after_id", after) + 1) : Math.max(0, end - limit);
      const data = all.slice(start, Math.min(end, start + limit));
      const hasMore = before === undefined ? start + data.length < all.length : start > 0;
      return { data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    },
  }),
  route({
    group,
    method: "GET",
    path: "/v1/models/{model_id}",
    id: "getModel",
    summary: "Get a model",
    withoutCatalog: true,
    sdk: ["models.retrieve"],
    answer: wire.ModelInfo,
    handle: (c, { model_id }) => {
      const facts = findModel(model_id, { rehearsal: c.env.REHEARSAL === "1" });
      if (!facts) throw missing("model", model_id);
      return modelInfo(facts);
    },
  }),
];
