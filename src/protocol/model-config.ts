/** The `model` of an agent: a string or an object on the way in, always an object on the way out (spec/core.md §2). */
import { z } from "zod";
import { text } from "./fields.ts";

export const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;
export const EffortLevel = z.enum(EFFORTS);
export type EffortLevel = z.infer<typeof EffortLevel>;

/** As in responses: one object per level, so that a level can carry more one day. */
export const Effort = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("low") }),
  z.strictObject({ type: z.literal("medium") }),
  z.strictObject({ type: z.literal("high") }),
  z.strictObject({ type: z.literal("xhigh") }),
  z.strictObject({ type: z.literal("max") }),
]);
export type Effort = z.infer<typeof Effort>;

/** Characters of a model's id; our own limit, the wire names none. @inferred */
const MAX_MODEL_ID = 256;
export const ModelId = text(1, MAX_MODEL_ID);

const GEOS = ["us", "global"];

export const Speed = z.enum(["standard", "fast"]);

export const ModelConfig = z.object({
  id: z.string(),
  effort: Effort.optional(),
  inference_geo: z.string().optional(),
  speed: Speed.optional(),
});
export type ModelConfig = z.infer<typeof ModelConfig>;

const EffortParams = z.union([EffortLevel.transform((type): Effort => ({ type })), Effort]);

export const ModelConfigParams = z.strictObject({
  id: ModelId,
  effort: EffortParams.nullish(),
  inference_geo: z
    .string()
    .refine((geo) => GEOS.includes(geo), `must be one of ${GEOS.join(", ")}`)
    .nullish(),
  speed: Speed.nullish(),
});
export type ModelConfigParams = z.infer<typeof ModelConfigParams>;

/** A bare id becomes `{id}`; an omitted effort is the catalog's to resolve. */
export const ModelParam = z.union([ModelId.transform((id): ModelConfigParams => ({ id })), ModelConfigParams]);
export type ModelParam = z.infer<typeof ModelParam>;
