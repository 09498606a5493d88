/** What is mounted into a session's machine (spec/core.md §4.2). */
import { z } from "zod";
import { NonEmpty, Timestamp, text } from "./fields.ts";

/** Characters of a memory store's instructions. */
export const MAX_INSTRUCTIONS = 4_096;

const Checkout = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("branch"), name: NonEmpty }),
  z.strictObject({ type: z.literal("commit"), sha: NonEmpty }),
]);
const Access = z.enum(["read_write", "read_only"]);
const mount = { mount_path: NonEmpty.nullish() };
const stamps = { created_at: Timestamp, updated_at: Timestamp };

export const ResourceParams = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("github_repository"),
    url: NonEmpty,
    authorization_token: NonEmpty.optional(),
    checkout: Checkout.nullish(),
    ...mount,
  }),
  z.strictObject({ type: z.literal("file"), file_id: NonEmpty, ...mount }),
  z.strictObject({
    type: z.literal("memory_store"),
    memory_store_id: NonEmpty,
    access: Access.nullish(),
    instructions: text(0, MAX_INSTRUCTIONS).nullish(),
  }),
]);
export type ResourceParams = z.infer<typeof ResourceParams>;

export const SessionResource = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("github_repository"),
    id: z.string(),
    url: z.string(),
    mount_path: z.string(),
    checkout: Checkout.nullish(),
    ...stamps,
  }),
  z.object({ type: z.literal("file"), id: z.string(), file_id: z.string(), mount_path: z.string(), ...stamps }),
  z.object({
    type: z.literal("memory_store"),
    memory_store_id: z.string(),
    access: Access.nullish(),
    description: z.string().optional(),
    instructions: z.string().nullish(),
    mount_path: z.string().nullish(),
    name: z.string().nullish(),
  }),
]);
export type SessionResource = z.infer<typeof SessionResource>;
