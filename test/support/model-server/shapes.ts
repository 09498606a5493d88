/** Which block stands where, with which fields (SDK 1.14 `…BlockParam` types; spec/messages.md §5, §7, §8). */
export type Stand = "user" | "assistant" | "system" | "result";
export type FieldType = "string" | "array" | "object" | "any";

export interface Shape {
  stands: readonly Stand[];
  required: Readonly<Record<string, FieldType>>;
  optional: readonly string[];
}

function shape(stands: string, required: string, optional: string): Shape {
  return {
    stands: words(stands) as Stand[],
    required: Object.fromEntries(words(required).map((entry) => entry.split(":") as [string, FieldType])),
    optional: words(optional),
  };
}

function words(line: string): string[] {
  return line.split(" ").filter((word) => word !== "");
}

const SERVER_RESULT = shape("assistant", "tool_use_id:string content:any", "cache_control caller");

export const BLOCKS: Readonly<Record<string, Shape>> = {
  text: shape("user assistant system result", "text:string", "cache_control citations"),
  image: shape("user result", "source:object", "cache_control transformations"),
  document: shape("user result assistant", "source:object", "cache_control citations context title"),
  search_result: shape("user result", "content:array source:string title:string", "cache_control citations"),
  container_upload: shape("user", "file_id:string", "cache_control"),
  tool_result: shape("user", "tool_use_id:string", "cache_control content is_error toolset_name"),
  tool_reference: shape("result", "tool_name:string", "cache_control"),
  thinking: shape("assistant", "thinking:string signature:string", ""),
  redacted_thinking: shape("assistant", "data:string", ""),
  tool_use: shape("assistant", "id:string name:string input:any", "cache_control caller toolset_name"),
  server_tool_use: shape("assistant", "id:string name:string input:any", "cache_control caller"),
  web_search_tool_result: SERVER_RESULT,
  web_fetch_tool_result: SERVER_RESULT,
  code_execution_tool_result: SERVER_RESULT,
  bash_code_execution_tool_result: SERVER_RESULT,
  text_editor_code_execution_tool_result: SERVER_RESULT,
  tool_search_tool_result: SERVER_RESULT,
  advisor_tool_result: SERVER_RESULT,
  mcp_tool_use: shape("assistant", "id:string name:string server_name:string input:any", "cache_control"),
  mcp_tool_result: shape("assistant", "tool_use_id:string", "cache_control content is_error"),
  mcp_tool_listing: shape("assistant", "mcp_server_name:string tools:array", ""),
  compaction: shape("assistant", "", "cache_control content encrypted_content signature tool_changes"),
  fallback: shape("assistant", "from:object to:object", "trigger"),
  tool_addition: shape("system", "tool:object", "cache_control"),
  tool_removal: shape("system", "tool:object", "cache_control"),
};

/** Blocks of tools that the server runs: a turn that ends in one may be continued without a user message (§8). */
export function isServerBlock(type: string): boolean {
  return type === "server_tool_use" || type === "mcp_tool_use" || isServerResult(type);
}

export function isServerResult(type: string): boolean {
  return type.endsWith("_tool_result");
}
