/** The body of every error (spec/core.md §1.4), for the API's definition: `api/errors.ts` writes it. */
import { z } from "zod";
import { ERROR_STATUS, type ErrorType } from "./errors.ts";

export const ErrorEnvelope = z.object({
  type: z.literal("error"),
  error: z.object({
    type: z.enum(Object.keys(ERROR_STATUS) as [ErrorType, ...ErrorType[]]),
    message: z.string(),
    details: z.object({ error_code: z.string() }).optional(),
  }),
  request_id: z.string(),
});
export type ErrorEnvelope = z.infer<typeof ErrorEnvelope>;
