/** Who decides about a tool call (spec/core.md §2, §4.4). */
import { z } from "zod";

export const PermissionPolicy = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("always_allow") }),
  z.strictObject({ type: z.literal("always_ask") }),
  z.strictObject({ type: z.literal("auto") }),
]);
export type PermissionPolicy = z.infer<typeof PermissionPolicy>;

/** What every resolved tool configuration carries. */
export const ToolSettings = z.object({ enabled: z.boolean(), permission_policy: PermissionPolicy });
export type ToolSettings = z.infer<typeof ToolSettings>;

/** The same as sent: both may be left out or null, which means "as the level above". */
export const ToolSettingsParams = z.strictObject({
  enabled: z.boolean().nullish(),
  permission_policy: PermissionPolicy.nullish(),
});
export type ToolSettingsParams = z.infer<typeof ToolSettingsParams>;
