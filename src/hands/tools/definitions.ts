/**
 * The six sandbox tools as the model sees them. These bytes are part of every prompt, so they never depend on the machine, the
 * date or the session; changing a word here makes running sessions pay for their prompt again.
 */
export interface SandboxToolDefinition {
  name: "bash" | "read" | "write" | "edit" | "glob" | "grep";
  description: string;
  input_schema: { type: "object"; properties: Record<string, object>; required?: string[] };
}

const PATH = "Relative paths start at /workspace.";

export const TOOL_DEFINITIONS: SandboxToolDefinition[] = [
  {
    name: "bash",
    description:
      "Runs a command in the session's shell, which starts in /workspace and keeps its directory, variables, functions and options " +
      "from one call to the next. Answers with standard output and standard error together; long output keeps its end. Standard " +
      "input is empty, so commands that wait for input see its end at once. Prefer read, write, edit, glob and grep for files.",
    input_schema: {
      type: "object",
      properties: {
        command: { type: "string", description: "The command. Leave it out only when restart is true." },
        restart: { type: "boolean", description: "Begin a fresh shell first. Files stay as they are." },
        timeout_ms: {
          type: "integer",
          description: "Milliseconds until the command is stopped: 120000 unless given, at most 600000.",
        },
      },
    },
  },
  {
    name: "read",
    description: `Reads a UTF-8 text file. ${PATH} Files above 256 KiB need view_range.`,
    input_schema: {
      type: "object",
      properties: {
        file_path: { type: "string", description: "The file's path." },
        view_range: {
          type: "array",
          items: { type: "integer" },
          minItems: 2,
          maxItems: 2,
          description:
            "First and last line to show, counted from 1; a last line of 0 or less means the end of the file.",
        },
      },
      required: ["file_path"],
    },
  },
  {
    name: "write",
    description: `Writes a whole UTF-8 text file, making its parent directories and replacing what was there. ${PATH}`,
    input_schema: {
      type: "object",
      properties: {
        file_path: { type: "string", description: "The file's path." },
        content: { type: "string", description: "The file's entire new content." },
      },
      required: ["file_path", "content"],
    },
  },
  {
    name: "edit",
    description: `Replaces an exact piece of text in a file. The piece has to occur once, unless replace_all is true. ${PATH}`,
    input_schema: {
      type: "object",
      properties: {
        file_path: { type: "string", description: "The file's path." },
        old_string: {
          type: "string",
          description: "The text to replace, exactly as it stands in the file, spaces and line ends included.",
        },
        new_string: { type: "string", description: "The text to put in its place." },
        replace_all: { type: "boolean", description: "Replace every occurrence." },
      },
      required: ["file_path", "old_string", "new_string"],
    },
  },
  {
    name: "glob",
    description:
      "Lists files whose path matches a pattern (*, **, ?, [abc], {a,b}), newest first, at most 200. Skips .git and node_modules.",
    input_schema: {
      type: "object",
      properties: {
        pattern: { type: "string", description: "A relative pattern, for example **/*.csv." },
        path: { type: "string", description: "The directory to look in; /workspace unless given." },
      },
      required: ["pattern"],
    },
  },
  {
    name: "grep",
    description:
      "Searches file contents for a regular expression (RE2 syntax: no look-around, no back-references) and answers with path:line:text. " +
      "Skips .git, node_modules and binary files.",
    input_schema: {
      type: "object",
      properties: {
        pattern: { type: "string", description: "The regular expression; a match may start anywhere in a line." },
        path: { type: "string", description: "The file or directory to search; /workspace unless given." },
      },
      required: ["pattern"],
    },
  },
];
