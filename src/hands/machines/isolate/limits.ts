/**
 * What one session may use of the isolate machine. The interpreter's own hardened profile is the base; the values here go below it, except
 * for counts of commands and loop turns: with forced pauses (`yield-controller.ts`) long loops harm nobody, and the wall clock ends them.
 */
import type { BashOptions } from "just-bash/browser";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Bytes of one file; bytes and entries of all files of a session. */
export const MAX_FILE_BYTES = 8 * MIB;
export const MAX_TOTAL_BYTES = 64 * MIB;
export const MAX_ENTRIES = 20_000;
/** Bytes of one name, of one path, and links followed in one path, as on Linux. */
export const MAX_NAME_BYTES = 255;
export const MAX_PATH_BYTES = 4096;
export const MAX_LINKS_FOLLOWED = 40;
/** Bytes of changed files held in memory; beyond, they go to the disk as blobs that no file owns until the commit. */
export const MAX_DIRTY_BYTES = 8 * MIB;
/** Bytes of the saved shell state; a larger one is not kept. */
export const MAX_STATE_BYTES = MIB;
/** Bytes of output of one command, standard output and error together; the end is kept. */
export const MAX_OUTPUT_BYTES = MIB;
/** Bytes of one string in the shell, so of one variable, one pipe, one file read by a command. */
export const MAX_STRING_BYTES = 2 * MIB;
/** Milliseconds of one stretch of work without a pause, after which a step that can be stopped is. */
export const MAX_STRETCH_MS = 100;
/** Statements inside statements, through functions, loops, eval and `bash -c`; the interpreter itself does not count eval. */
export const MAX_NESTING = 400;
/** Milliseconds of CPU per request on the deployed platform; the local one does not enforce it. */
export const CPU_MS = 30_000;

/**
 * Bytes that a command may read, files and pipe together, where it works through them in one stretch: as much as takes it about 150 ms. Commands
 * that are not named here work in slices, stop themselves, or are quick enough for the longest string.
 */
const STRETCH_INPUT_BYTES = 512 * KIB;
export const INPUT_BYTES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    [
      "base64",
      "comm",
      "expand",
      "file",
      "fold",
      "gunzip",
      "gzip",
      "join",
      "md5sum",
      "nl",
      "od",
      "paste",
      "rev",
      "sha1sum",
    ].map((name) => [name, STRETCH_INPUT_BYTES]),
  ),
  ...Object.fromEntries(
    ["sha256sum", "split", "strings", "tac", "tr", "unexpand", "uniq", "zcat"].map((name) => [
      name,
      STRETCH_INPUT_BYTES,
    ]),
  ),
  column: 256 * KIB,
  diff: 128 * KIB,
  "html-to-markdown": 64 * KIB,
  jq: MIB,
};

export const EXECUTION_LIMITS: NonNullable<BashOptions["executionLimits"]> = {
  maxSourceBytes: 256 * KIB,
  maxExecDepth: 16,
  maxCallDepth: 50,
  maxSourceDepth: 16,
  maxSubstitutionDepth: 20,
  maxCommandCount: 200_000,
  maxLoopIterations: 200_000,
  maxAwkIterations: 200_000,
  maxSedIterations: 10_000,
  maxJqIterations: 1_000_000,
  maxQueryElements: 500_000,
  maxWorkUnits: 1_000_000,
  maxTraversalEntries: 50_000,
  maxTraversalWork: 100_000,
  maxGlobOperations: 100_000,
  maxArrayElements: 100_000,
  maxFileDescriptors: 256,
  maxStringLength: MAX_STRING_BYTES,
  maxHeredocSize: MIB,
  maxOutputSize: 2 * MAX_STRING_BYTES,
  maxInputBytes: 16 * MAX_STRING_BYTES,
  maxLiveBytes: 32 * MIB,
  maxArchiveBytes: MAX_STRING_BYTES,
  maxArchiveCompressedBytes: MAX_STRING_BYTES,
  maxArchiveEntryBytes: MAX_STRING_BYTES,
  maxExtensionCleanupTimeMs: 25,
};
