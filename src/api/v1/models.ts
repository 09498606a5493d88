/** `/v1/models`: what an agent may name. Pages by id, newest first. */
import { Hono } from "hono";
import { findModel, listModels, modelInfo } from "../../brain/models/facts.ts";
import { ApiError, invalid } from "../../protocol/errors.ts";
import { modelListQuery } from "../../protocol/queries.ts";
import { type AppEnv, paramsOf } from "../context.ts";
import { missing, unwrap } from "../errors.ts";
import { plain } from "../plain.ts";

export const models = new Hono<AppEnv>();

models.get("/", (c) => {
  const { limit, after_id: after, before_id: before, lifecycle } = unwrap(modelListQuery(paramsOf(c)));
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
  return c.json({ data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
});

models.get("/:id", plain, (c) => {
  const facts = findModel(c.req.param("id"), { rehearsal: c.env.REHEARSAL === "1" });
  if (!facts) throw missing("model", c.req.param("id"));
  return c.json(modelInfo(facts));
});
