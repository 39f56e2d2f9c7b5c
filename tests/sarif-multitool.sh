#!/bin/sh
# Checks a SARIF file with the SARIF Multitool's own rules and its rules for GitHub.
# usage: tests/sarif-multitool.sh FILE.sarif [RULE-KINDS]
# Ends with 1 if any rule reports an error, with 2 if the check could not be made.
set -eu

file=${1:?usage: tests/sarif-multitool.sh FILE.sarif [RULE-KINDS]}
kinds=${2:-Sarif;Ghas}
cache=${SARIF_MULTITOOL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/squelch-tests/sarif-multitool}
tool=$cache/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

if [ ! -f "$tool" ]; then
    mkdir -p "$cache"
    npm install --silent --no-audit --no-fund --prefix "$cache" @microsoft/sarif-multitool@5 >&2 || exit 2
fi
chmod u+x "$tool"

# One of its rules asks the network for every URI: cut it off where we may.
offline=
if unshare -rn true 2>/dev/null; then
    offline='unshare -rn'
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
# Its exit code is 0 even after errors, so its own report has to be read. The native program is
# called, not npm's wrapper, which passes arguments through a shell that cuts at the semicolon.
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 $offline "$tool" validate "$file" --rule-kind "$kinds" \
    --level 'Error;Warning;Note' --output "$report" --log ForceOverwrite >/dev/null || exit 2

node - "$report" <<'SCRIPT'
const log = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const run = log.runs[0];
const rules = run.tool.driver.rules ?? [];
let errors = 0;
for (const result of run.results) {
  const rule = rules[result.ruleIndex] ?? {};
  const level = result.level ?? rule.defaultConfiguration?.level ?? "warning";
  const { id, text, arguments: words = [] } = result.message;
  const template = text ?? rule.messageStrings?.[id]?.text ?? id;
  const message = template.replace(/\{(\d+)\}/g, (_, at) => words[at] ?? "");
  console.log(`${level}: ${result.ruleId} ${message}`);
  errors += level === "error" ? 1 : 0;
}
const failed = (run.invocations ?? []).some((one) => one.executionSuccessful === false);
console.log(`${run.results.length} results, ${errors} errors${failed ? ", the check itself failed" : ""}`);
process.exit(failed ? 2 : errors > 0 ? 1 : 0);
SCRIPT
