/**
 * The changes that the bundle makes to just-bash (Apache-2.0), so that its work pauses and its state can be kept: the places call
 * `globalThis.sinewHooks` (`hooks.ts`) and do nothing without it. Each place must be found as often as expected, so a new version of the
 * package fails the build here and not a session later.
 *
 * What can be wrapped from outside is wrapped: the interpreter's steps (`hooks.ts`), the commands' input (`caps.ts`), their files (`fs.ts`). The
 * places here are loops inside the bodies of single commands and of their regular expressions, which nothing outside can stop or take apart.
 */
export const PATCHED_VERSION = "3.4.2";

interface Patch {
  what: string;
  find: RegExp;
  /** How many places there are; one unless given. */
  times?: number;
  /** The replacement; `limitError` is the name that the package's minified text gives to its limit error. */
  put: (limitError: string) => string;
}

const PAUSE = "{let w=globalThis.sinewHooks?.yieldIfDue();if(w)await w}";
const endIfOverdue = (limitError: string) =>
  `if(globalThis.sinewHooks?.overdue())throw new ${limitError}(globalThis.sinewHooks.overdueText,"iterations");`;

const PATCHES: Patch[] = [
  {
    what: "hand out the interpreter's class, which the package does not export: its steps are wrapped in `hooks.ts`",
    find: /async executeCommand\(t,n,r=!1\)\{/,
    put: () => "static{globalThis.sinewInterpreter=this}$&",
  },
  {
    what: "end a mapfile, which cannot pause",
    find: /for\(;\w<\w\.length;\)\{(?=\w\.executionScope\.consumeWork\(1,"mapfile input"\))/,
    put: (limitError) => `$&${endIfOverdue(limitError)}`,
  },
  {
    what: "pause between the steps of awk and before each file operation of a command",
    find: /async function \w+\(\w,\w,\w,\w\)\{(?=\w+\(\w,\w,`\$\{\w\} \(pre-await\)`\))/,
    put: () => `$&${PAUSE}`,
  },
  {
    what: "pause between the lines of sed",
    find: /for\(let (\w)=0;\1<\w\.length;\1\+\+\)\{(?=let \w=\{\.\.\.\w+\(\w,\w,\w\),patternSpace:)/,
    put: () => `$&${PAUSE}`,
  },
  {
    what: "sort in slices",
    find: /(\w)\.sort\((\w)\),(?=\w\.unique&&\(\1=)/,
    put: () => "$1=globalThis.sinewHooks?await globalThis.sinewHooks.sort($1,$2):$1.sort($2),",
  },
  {
    what: "let awk's printf look at the length of its output without counting every byte of it again",
    find: /(\w)\.maxOutputSize-\w+\(\1\.output\)/,
    put: () => "$1.maxOutputSize-$1.output.length",
  },
  {
    what: "make the search of grep and rg wait",
    find: /function (?=(\w+)\(e,t,n=\{\}\)\{let\{invertMatch:)/,
    put: () => "async function ",
  },
  {
    what: "wait for the search of grep and rg",
    find: /(?<=[,\s](\w+)=)(?=Es\()/,
    times: 4,
    put: () => "await ",
  },
  {
    what: "pause between the lines of a search",
    find: /for\(let (\w+)=0;\1<M(?:&&\(R\(\),!\(f>0&&\w>=f\)\))?;\1\+\+\)\{/,
    times: 4,
    put: () => `$&${PAUSE}`,
  },
  {
    what: "end a search over several lines, which cannot pause",
    find: /(\w)=\((\w)=1\)=>\{(?=if\(\w\?\.aborted\)throw new \w+;if\(\w\+=\2,\w!==void 0&&\w>\w\)throw new \w+\(`search: matching work limit exceeded \(\$\{\w\}\)`,"iterations"\)\};)/,
    put: (limitError) => `$&${endIfOverdue(limitError)}`,
  },
  {
    what: "end a regular expression that follows many threads",
    find: /step\((?:\w,){7}\w\)\{(?=let \w=this\.re2\.longest)/,
    put: (limitError) => `$&${endIfOverdue(limitError)}`,
  },
  {
    what: "end a regular expression that makes many states",
    find: /step\(\w,\w,\w\)\{(?=if\(\w===\w+\.UNANCHORED&&\w<=\w+\.MAX_ASCII\)\{let)/,
    put: (limitError) => `$&${endIfOverdue(limitError)}`,
  },
  {
    what: "end a jq evaluation that cannot pause",
    find: /function \w+\((\w),(\w)=1\)\{(?=if\(!Number\.isSafeInteger\(\2\)\|\|\2<0\|\|\1\.budget\.operations>)/,
    put: (limitError) => `$&${endIfOverdue(limitError)}`,
  },
];

const LIMIT_ERROR = /throw new (\w+)\(`search: matching work limit exceeded/;

/** The package's text with every change made. Throws and names the change whose places are not there as often as expected. */
export function patchInterpreter(text: string): string {
  const limitError = LIMIT_ERROR.exec(text)?.[1];
  if (limitError === undefined)
    throw new Error("just-bash has no limit error where one is expected; see src/hands/machines/isolate/patches.ts");
  let patched = text;
  for (const { what, find, put, times = 1 } of PATCHES) {
    const everywhere = new RegExp(find, "g");
    const places = [...text.matchAll(everywhere)].length;
    if (places !== times) {
      throw new Error(
        `just-bash ${PATCHED_VERSION} has ${places} places for "${what}"; see src/hands/machines/isolate/patches.ts`,
      );
    }
    patched = patched.replace(everywhere, put(limitError.replaceAll("$", "$$$$")));
  }
  return patched;
}
