/**
 * The changes that the bundle makes to just-bash (Apache-2.0), so that its work pauses and its state can be kept: the places call
 * `globalThis.sinewPulse` (`isolate/pulse.ts`) and do nothing without it. Each place must be found exactly once, so a new version of the package
 * fails the build here and not a session later.
 */
export const PATCHED_VERSION = "3.4.2";

interface Patch {
  what: string;
  find: RegExp;
  /** The replacement; `limitError` is the name that the package's minified text gives to its limit error. */
  put: (limitError: string) => string;
}

const late = (limitError: string) =>
  `if(globalThis.sinewPulse?.late())throw new ${limitError}(globalThis.sinewPulse.lateText,"iterations");`;

const PATCHES: Patch[] = [
  {
    what: "pause before each command",
    find: /async executeCommand\(t,n,r=!1\)\{/,
    put: () => "$&{let w=globalThis.sinewPulse?.command(this.ctx);if(w)await w}",
  },
  {
    what: "note what each statement wrote",
    find: /async executeStatement\((\w)\)\{if\(this\.assertDefenseContext\("statement"\)/,
    put: () =>
      "executeStatement($1){let p=globalThis.sinewPulse;return p?p.statement(this.ctx,()=>this.sinewStatement($1)):this.sinewStatement($1)}" +
      'async sinewStatement($1){if(this.assertDefenseContext("statement")',
  },
  {
    what: "pause between the steps of awk and before each file operation of a command",
    find: /async function \w+\(\w,\w,\w,\w\)\{(?=\w+\(\w,\w,`\$\{\w\} \(pre-await\)`\))/,
    put: () => "$&{let w=globalThis.sinewPulse?.breathe();if(w)await w}",
  },
  {
    what: "pause between the lines of sed",
    find: /for\(let (\w)=0;\1<\w\.length;\1\+\+\)\{(?=let \w=\{\.\.\.\w+\(\w,\w,\w\),patternSpace:)/,
    put: () => "$&{let w=globalThis.sinewPulse?.breathe();if(w)await w}",
  },
  {
    what: "sort in slices",
    find: /(\w)\.sort\((\w)\),(?=\w\.unique&&\(\1=)/,
    put: () => "$1=globalThis.sinewPulse?await globalThis.sinewPulse.sort($1,$2):$1.sort($2),",
  },
  {
    what: "end a search by lines that cannot pause",
    find: /(\w)=\((\w)=1\)=>\{(?=if\(\w\?\.aborted\)throw new \w+;if\(\w\+=\2,\w!==void 0&&\w>\w\)throw new \w+\(`search: matching work limit exceeded \(\$\{\w\}\)`,"iterations"\)\},\w=)/,
    put: (limitError) => `$&${late(limitError)}`,
  },
  {
    what: "end a search over lines that cannot pause",
    find: /(\w)=\((\w)=1\)=>\{(?=if\(\w\?\.aborted\)throw new \w+;if\(\w\+=\2,\w!==void 0&&\w>\w\)throw new \w+\(`search: matching work limit exceeded \(\$\{\w\}\)`,"iterations"\)\};)/,
    put: (limitError) => `$&${late(limitError)}`,
  },
  {
    what: "end a jq evaluation that cannot pause",
    find: /function \w+\((\w),(\w)=1\)\{(?=if\(!Number\.isSafeInteger\(\2\)\|\|\2<0\|\|\1\.budget\.operations>)/,
    put: (limitError) => `$&${late(limitError)}`,
  },
];

const LIMIT_ERROR = /throw new (\w+)\(`search: matching work limit exceeded/;

/** The package's text with every change made. Throws and names the change whose place is not there exactly once. */
export function patchInterpreter(text: string): string {
  const limitError = LIMIT_ERROR.exec(text)?.[1];
  if (limitError === undefined)
    throw new Error("just-bash has no limit error where one is expected; see src/hands/machines/patches.ts");
  let patched = text;
  for (const { what, find, put } of PATCHES) {
    const places = [...text.matchAll(new RegExp(find, "g"))].length;
    if (places !== 1) {
      throw new Error(
        `just-bash ${PATCHED_VERSION} has ${places} places for "${what}"; see src/hands/machines/patches.ts`,
      );
    }
    patched = patched.replace(find, put(limitError.replaceAll("$", "$$$$")));
  }
  return patched;
}
