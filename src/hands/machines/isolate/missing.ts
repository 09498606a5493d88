/** What the isolate cannot do, in words that tell the model what to do instead. */

const LANGUAGES = [
  "python",
  "python2",
  "python3",
  "pip",
  "pip3",
  "pipx",
  "uv",
  "poetry",
  "conda",
  "node",
  "npm",
  "npx",
  "yarn",
  "pnpm",
  "bun",
  "deno",
];
const COMPILERS = [
  "ruby",
  "gem",
  "perl",
  "php",
  "go",
  "cargo",
  "rustc",
  "java",
  "javac",
  "gcc",
  "g++",
  "cc",
  "clang",
  "make",
  "cmake",
];
const SYSTEM = [
  "apt",
  "apt-get",
  "dpkg",
  "yum",
  "dnf",
  "apk",
  "brew",
  "sudo",
  "docker",
  "systemctl",
  "git",
  "curl",
  "wget",
  "ssh",
  "nc",
];
const MISSING = new Set([...LANGUAGES, ...COMPILERS, ...SYSTEM, "tar", "zip", "unzip", "sqlite3", "psql"]);

const NOT_FOUND =
  /^(?:bash|sh): (?:line \d+: )?([\w.+-]+): command (?:not found|not available in browser environments\..*)$/gm;

/** Adds a line for each command in the output that a person would expect but this machine does not have. */
export function explainMissing(output: string): string {
  const names = new Set<string>();
  const plain = output.replace(NOT_FOUND, (line, name: string) => {
    if (MISSING.has(name)) names.add(name);
    return line.replace(/ not available in browser environments\..*/, " not found");
  });
  if (names.size === 0) return plain;
  const list = [...names].join(", ");
  return (
    `${plain.replace(/\n$/, "")}\nThis Sinew runs the isolate machine, which has no ${list}: it interprets shell commands such as awk, sed, jq, sort and grep, ` +
    "without other languages, package managers or a network. Work with those, or ask for an environment whose machine is a container, " +
    "which a later version of Sinew offers when deployed.\n"
  );
}
