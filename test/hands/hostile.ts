/** Commands that try to take the machine away from other sessions. Used by the worker test (how each ends) and by the bench (the gaps). */
export interface HostileCase {
  name: string;
  command: string;
  /** Whether the machine may finish it, or has to stop it. */
  end: "error" | "success" | "either";
  /** Milliseconds for cases that end only by the clock. */
  timeoutMs?: number;
}

/** Makes the files that some cases work on: about 2 and 4 MB of rows, a line of 1 MB, JSON. */
export const PREPARE = [
  'awk \'BEGIN{for(i=0;i<50000;i++)print i ",user" (i*7919)%1000 "," (i*31)%977 ",region-" i%7 ",2026-01-0" 1+i%9}\' > rows.csv',
  "cp rows.csv big.csv; cat rows.csv >> big.csv",
  "awk 'BEGIN{for(i=0;i<4000;i++)printf \"a\"}' > a4k; for i in {1..250}; do cat a4k >> line; done",
  'head -n 25000 rows.csv | awk -F, \'BEGIN{printf "["} {printf "%s{\\"id\\":%s,\\"u\\":\\"%s\\",\\"v\\":%s}", (NR>1?",":""), $1, $2, $3} END{print "]"}\' > rows.json',
];

export const HOSTILE: HostileCase[] = [
  { name: "endless loop", command: "while :; do :; done", end: "error" },
  { name: "endless loop in a subshell", command: "(while true; do true; done)", end: "error" },
  { name: "endless for", command: "for ((;;)); do ((x++)); done", end: "error" },
  { name: "nested loops", command: "for i in {1..2000}; do for j in {1..2000}; do :; done; done", end: "error" },
  { name: "loop of eval", command: 'x=\'eval "$x"\'; eval "$x"', end: "error" },
  { name: "eval that grows", command: 'x=\'x=$x$x; eval "$x"\'; eval "$x"', end: "error" },
  { name: "deep recursion", command: "f(){ f; }; f", end: "error" },
  { name: "recursion by bash -c", command: 'export X=\'bash -c "$X"\'; bash -c "$X"', end: "error" },
  { name: "fork bomb", command: ":(){ :|:& };:", end: "either" },
  { name: "fork bomb with letters", command: "b(){ b|b; }; b", end: "error" },
  { name: "yes", command: "yes | head -c 1000000000 | wc -c", end: "either" },
  {
    name: "one GB of output",
    command: "while :; do echo 0123456789012345678901234567890123456789; done",
    end: "error",
  },
  { name: "output by doubling", command: "x=0123456789; while :; do x=$x$x; echo $x; done", end: "error" },
  { name: "seq of a thousand million", command: "seq 1 1000000000 | tail -1", end: "error" },
  { name: "printf width", command: "printf '%1000000000d' 1", end: "error" },
  { name: "printf precision", command: "printf '%.1000000000f' 1", end: "error" },
  { name: "printf star", command: "printf '%*d' 999999999 1", end: "error" },
  { name: "awk printf width", command: "awk 'BEGIN{printf \"%1000000000d\", 1}'", end: "error" },
  { name: "brace bomb", command: "echo {1..1000000000}", end: "error" },
  {
    name: "brace product",
    command:
      "echo {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
    end: "error",
  },
  { name: "arithmetic tower", command: "echo $((9**9**9**9))", end: "either" },
  { name: "arithmetic variables", command: "a=b; b=a; echo $((a))", end: "either" },
  { name: "arithmetic nesting", command: `echo $((${"(".repeat(5000)}1${")".repeat(5000)}))`, end: "error" },
  { name: "substitution nesting", command: `echo ${"$(echo ".repeat(500)}1${")".repeat(500)}`, end: "error" },
  { name: "parentheses", command: `${"(".repeat(20000)}:${")".repeat(20000)}`, end: "error" },
  { name: "string doubling", command: "x=aaaaaaaa; while :; do x=$x$x; done", end: "error" },
  { name: "array growth", command: "while :; do a+=(1 2 3 4 5 6 7 8 9 10); done", end: "error" },
  {
    name: "sparse array",
    command: `a[999999999]=1; for i in "\${a[@]}"; do echo $i; done; echo \${a[@]:0:999999999}`,
    end: "either",
  },
  { name: "here string doubling", command: 'x=aaaaaaaaaaaaaaaa; while :; do x=$(cat <<< "$x$x"); done', end: "error" },
  {
    name: "many files",
    command: "mkdir m; cd m; for ((i=0;;i++)); do : > f$i || break; done; cd ..; rm -rf m; false",
    end: "error",
  },
  {
    name: "deep directories",
    command: "while :; do mkdir d && cd d || break; done; cd /workspace; rm -rf d; ls | wc -l",
    end: "either",
  },
  { name: "file that grows", command: "cp line g; while cat line >> g; do :; done; ls -l g; rm g", end: "either" },
  {
    name: "file fed by itself",
    command: "cp rows.csv g; while cat g g > h && mv h g; do :; done; rm g h",
    end: "either",
  },
  { name: "disk full", command: "for i in {1..40}; do cat big.csv > full$i || break; done; rm full*", end: "either" },
  { name: "sort 4 MB", command: "sort big.csv | tail -1", end: "either" },
  { name: "sort by keys 2 MB", command: "sort -t, -k3,3n -k2,2 rows.csv | tail -1", end: "success" },
  { name: "sort -V -u 2 MB", command: "sort -Vu rows.csv | wc -l", end: "either" },
  {
    name: "awk 2 MB",
    command: "awk -F, '{s[$4]+=$3; $2=toupper($2); n+=length($0)} END{for(k in s)print k,s[k]; print n}' rows.csv",
    end: "success",
  },
  { name: "awk endless", command: "awk 'BEGIN{while(1)x++}'", end: "error" },
  {
    name: "awk nested loops",
    command: "awk 'BEGIN{for(i=0;i<90000;i++)for(j=0;j<90000;j++)x++}'",
    end: "error",
    timeoutMs: 5000,
  },
  { name: "awk recursion", command: "awk 'function f(n){return f(n+1)} BEGIN{f(0)}'", end: "error" },
  { name: "awk string doubling", command: "awk 'BEGIN{x=\"a\"; while(1)x=x x}'", end: "error" },
  { name: "awk gsub on a line of 1 MB", command: "awk '{gsub(/a/,\"bb\"); print length($0)}' line", end: "either" },
  { name: "awk split of 2 MB", command: 'awk \'BEGIN{RS="x"}{n=split($0,a,""); print n}\' rows.csv', end: "either" },
  { name: "sed 2 MB", command: "sed 's/user\\([0-9]*\\)/U\\1/g' rows.csv | tail -1", end: "success" },
  { name: "sed endless", command: "echo a | sed ':a;s/a/a/;ta'", end: "error" },
  { name: "sed that grows", command: "echo a | sed ':a;s/a/aa/;ta'", end: "error" },
  { name: "sed on a line of 1 MB", command: "sed 's/a*b//; s/a/b/g' line | wc -c", end: "either" },
  { name: "jq 1 MB", command: "jq '[.[]|select(.v>900)]|length' rows.json", end: "either" },
  {
    name: "jq group 1 MB",
    command: "jq 'group_by(.u)|map({u:.[0].u,s:(map(.v)|add)})|length' rows.json",
    end: "either",
  },
  { name: "jq range", command: "jq -n '[range(1000000000)]|length'", end: "error" },
  { name: "jq recursion", command: "jq -n 'def f: f; f'", end: "error" },
  { name: "jq repeat", command: "jq -n '[repeat(1)]'", end: "error" },
  { name: "jq string doubling", command: "jq -n '[limit(40;\"a\"|recurse(.+.))]|last|length'", end: "error" },
  { name: "jq test backtracking", command: 'jq -n \'"a"*30000|test("^(a+)+$b")\'', end: "either" },
  { name: "jq product", command: "jq -n '[range(2000)]|combinations(3)' ", end: "error" },
  { name: "grep backtracking", command: "grep -E '^(a+)+$b' line; grep -cE '(a|a)*b' line", end: "either" },
  { name: "grep -P backtracking", command: "grep -P '^(a+)+$' line | wc -c", end: "either" },
  { name: "grep 2 MB", command: "grep -cE '(user[0-9]+,)+.*region-[36]' rows.csv", end: "either" },
  {
    name: "grep of many states",
    command: "grep -cE '((a?){30}){30}b' line; awk '{gsub(/x*/,\"-\")}END{print length($0)}' rows.csv",
    end: "either",
  },
  { name: "rg 2 MB", command: "rg -c 'region-3' rows.csv", end: "either" },
  {
    name: "regex in the shell",
    command: "[[ $(cat line) =~ ^(a+)+$ ]]; echo $?; [[ $(cat line) =~ (a|aa)+b ]]",
    end: "either",
  },
  {
    name: "pattern in the shell",
    command: "x=$(cat a4k); [[ $x == *a*a*a*a*a*a*a*a*b ]]; echo $?; shopt -s extglob; [[ $x == +(a|aa)b ]]",
    end: "either",
  },
  {
    name: "replace in 2 MB",
    command: `x=$(cat rows.csv); y=\${x//user/U}; echo \${#y}; z=\${x//[0-9]/dd}; echo \${#z}`,
    end: "either",
  },
  { name: "case change of 2 MB", command: `x=$(cat rows.csv); y=$x^^; echo $#y`, end: "either" },
  { name: "mapfile 2 MB", command: `mapfile -t a < rows.csv; echo $#a[@]`, end: "either" },
  { name: "word splitting 300 KB", command: "IFS=,; for w in $(head -n 8000 rows.csv); do :; done", end: "either" },
  {
    name: "read by characters",
    command: `x=$(cat rows.csv); for ((i=0;i<\${#x};i++)); do c=$x:i:1; done`,
    end: "either",
  },
  {
    name: "while read 2 MB",
    command: "n=0; while IFS=, read -r a b c d; do n=$((n+c)); done < rows.csv; echo $n",
    end: "either",
  },
  { name: "tr 500 KB", command: "head -c 500000 rows.csv | tr a-z A-Z | tail -1", end: "either" },
  {
    name: "md5sum",
    command: "head -c 500000 line | md5sum; head -c 500000 line | sha256sum; md5sum big.csv",
    end: "either",
  },
  { name: "base64 500 KB", command: "head -c 500000 rows.csv | base64 | wc -c", end: "either" },
  {
    name: "diff of 120 KB with nothing alike",
    command: "head -c 120000 rows.csv > d3; rev d3 > d4; diff d3 d4 | wc -l",
    end: "either",
  },
  {
    name: "diff of 100 KB reversed",
    command: "head -c 100000 rows.csv > d1; tac d1 > d2; diff d1 d2 | wc -l",
    end: "either",
  },
  { name: "gzip 500 KB", command: "head -c 500000 rows.csv | gzip -9c | wc -c", end: "either" },
  { name: "gzip bomb", command: "head -c 500000 line | gzip -9 > z.gz; gunzip -c z.gz | wc -c", end: "either" },
  { name: "xargs", command: "seq 1 100000 | xargs -n 1 echo | tail -1", end: "either" },
  { name: "find everywhere", command: "find / -name '*[a-z]*[a-z]*[a-z]*x' ; find / | wc -l", end: "either" },
  { name: "glob everywhere", command: "shopt -s globstar; echo /**/*/**/*/**/*x | wc -c", end: "either" },
  {
    name: "rev, nl, paste, column",
    command:
      "head -c 250000 rows.csv > p; rev p | wc -c; nl p | wc -c; paste p p | wc -c; head -c 250000 p | column -t -s, | wc -c; tac p | wc -l; fold -w 3 p | wc -l; uniq -c p | wc -l",
    end: "either",
  },
  {
    name: "join and comm",
    command:
      "head -n 9000 rows.csv | sort > s1; comm s1 s1 | wc -l; join -t, s1 s1 | wc -l; yes=1; awk '{print 1}' s1 > s2; join s2 s2 | wc -l",
    end: "either",
  },
  { name: "expr and date", command: "expr $(cat a4k) : '\\(a*\\)*b'; date -d \"$(cat a4k)\"", end: "either" },
  { name: "long sleep", command: "sleep 100000", end: "error", timeoutMs: 1500 },
  { name: "huge script", command: `echo $"x".repeat(900_000)| wc -c`, end: "either" },
  { name: "many statements", command: ":;".repeat(100_000), end: "either" },
  { name: "html", command: "head -c 60000 rows.csv | tr , '<' | html-to-markdown | wc -c", end: "either" },
];
