/**
 * Content blocks of messages and results (spec/core.md §4.3). One form for both ways: what is accepted is stored and sent to the model as it came,
 * so what the model would refuse is refused here. A long string arrives as a placeholder (the api keeps the bytes), so nothing here reads base64.
 */
import { z } from "zod";
import { NonEmpty } from "./fields.ts";

export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
export const DOCUMENT_TYPES = ["application/pdf"];

const url = z.string().regex(/^https?:\/\/[^\s/]/i, { error: "must be an http or https URL", abort: true });
const mediaType = (allowed: string[]) =>
  z.string().refine((type) => allowed.includes(type), { error: `must be one of ${allowed.join(", ")}`, abort: true });

const UrlSource = z.strictObject({ type: z.literal("url"), url });
const FileSource = z.strictObject({ type: z.literal("file"), file_id: NonEmpty });
const base64 = (allowed: string[]) =>
  z.strictObject({ type: z.literal("base64"), data: NonEmpty, media_type: mediaType(allowed) });

export const TextBlock = z.strictObject({ type: z.literal("text"), text: NonEmpty });
export type TextBlock = z.infer<typeof TextBlock>;

/** What is said of a text block that no model takes: white space alone, for as long as it is part of the conversation (spec/messages.md §1). */
export const BLANK = "must contain more than white space; put a word there, such as (no output)";

/** A text block that a client sends. Of a long one the api looks at the bytes. */
export const TextParams = z.strictObject({
  type: z.literal("text"),
  text: NonEmpty.refine((text) => text.trim() !== "", { error: BLANK, abort: true }),
});

export const ImageBlock = z.strictObject({
  type: z.literal("image"),
  source: z.discriminatedUnion("type", [base64(IMAGE_TYPES), UrlSource, FileSource]),
});
export type ImageBlock = z.infer<typeof ImageBlock>;

export const DocumentBlock = z.strictObject({
  type: z.literal("document"),
  source: z.discriminatedUnion("type", [
    base64(DOCUMENT_TYPES),
    z.strictObject({ type: z.literal("text"), data: NonEmpty, media_type: z.literal("text/plain") }),
    UrlSource,
    FileSource,
  ]),
  title: z.string().nullish(),
  context: z.string().nullish(),
});
export type DocumentBlock = z.infer<typeof DocumentBlock>;

export const SearchResultBlock = z.strictObject({
  type: z.literal("search_result"),
  source: z.string(),
  title: z.string(),
  content: z.array(TextBlock),
  citations: z.strictObject({ enabled: z.boolean() }),
});
export type SearchResultBlock = z.infer<typeof SearchResultBlock>;

const SearchResultParams = SearchResultBlock.extend({ content: z.array(TextParams) });

/** Stands where the server withholds content. */
export const RedactedBlock = z.strictObject({ type: z.literal("redacted") });

const RedactedRefused = RedactedBlock.refine(() => false, {
  error: "redacted blocks come only from the server; leave it out",
  abort: true,
});

/** A list of blocks; a bare string, which other APIs take, is told what to send instead. */
export function blocks<T extends z.ZodType>(block: T) {
  return z.array(block, {
    error: ({ input }) =>
      typeof input === "string"
        ? 'must be an array of content blocks, is a string; send [{"type": "text", "text": "…"}]'
        : undefined,
  });
}

/** Blocks of a stored message. */
export const MessageBlock = z.discriminatedUnion("type", [TextBlock, ImageBlock, DocumentBlock, RedactedBlock]);
export type MessageBlock = z.infer<typeof MessageBlock>;

/** Blocks of a tool's result as stored. */
export const ResultBlock = z.discriminatedUnion("type", [TextBlock, ImageBlock, DocumentBlock, SearchResultBlock]);
export type ResultBlock = z.infer<typeof ResultBlock>;

/** Content of a message that a client sends. */
export const MessageContentParams = blocks(
  z.discriminatedUnion("type", [TextParams, ImageBlock, DocumentBlock, RedactedRefused]),
).min(1, "must have at least one block");

/** Content of a tool's result that a client sends. */
export const ResultContentParams = blocks(
  z.discriminatedUnion("type", [TextParams, ImageBlock, DocumentBlock, SearchResultParams]),
);
