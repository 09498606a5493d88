/** Skills of an agent (spec/core.md §2). An omitted version is stored and echoed as `latest`. */
import { z } from "zod";
import { NonEmpty } from "./fields.ts";

export const Skill = z.discriminatedUnion("type", [
  z.object({ type: z.literal("anthropic"), skill_id: z.string(), version: z.string() }),
  z.object({ type: z.literal("custom"), skill_id: z.string(), version: z.string() }),
]);
export type Skill = z.infer<typeof Skill>;

export const SkillParams = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("anthropic"), skill_id: NonEmpty, version: NonEmpty.nullish() }),
  z.strictObject({ type: z.literal("custom"), skill_id: NonEmpty, version: NonEmpty.nullish() }),
]);
export type SkillParams = z.infer<typeof SkillParams>;
