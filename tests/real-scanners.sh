#!/bin/sh
# Runs two SonarQube scanners in debug mode against a double on this machine, scans what they print,
# and compares every place with what grep finds: in the logs, and in a zip of them. Where nginx is
# installed it stands between them, with the configuration that squelch writes: scanners get through.
# usage: tests/real-scanners.sh SQUELCH
# Needs node, npm and python3 with venv. Ends with 2 if the scanners cannot be installed.
set -eu

squelch=${1:?usage: tests/real-scanners.sh SQUELCH}
case $squelch in */*) squelch=$(cd "$(dirname "$squelch")" && pwd)/$(basename "$squelch") ;; esac
cache=${SQUELCH_SCANNERS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/squelch-tests/scanners}
mkdir -p "$cache"
if [ ! -f "$cache/node_modules/@sonar/scan/bin/sonar-scanner.js" ]; then
    npm install --silent --no-audit --no-fund --prefix "$cache" @sonar/scan@5.0.1 >&2 || exit 2
fi
# The last version that prints the token; 1.9 masks it.
if [ ! -x "$cache/venv/bin/pysonar" ]; then
    python3 -m venv "$cache/venv" && "$cache/venv/bin/pip" install -q pysonar==1.8.0.5390 >&2 || exit 2
fi

work=$(mktemp -d)
double=
gate=
trap 'test -z "$gate" || kill "$gate"; test -z "$double" || kill "$double"; rm -rf "$work"' EXIT

# The double answers the one request that the scanners make before they start their engine.
cat >"$work/double.py" <<'PYTHON'
import http.server


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.path == "/api/v2/analysis/version"
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(b"10.8.0.1" if known else b"")

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 "$work/double.py" >"$work/port" &
double=$!
while [ ! -s "$work/port" ]; do sleep 0.1; done
url=http://127.0.0.1:$(cat "$work/port")

if [ -x /usr/sbin/nginx ]; then
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$squelch" audit "http://127.0.0.1:$port" --service sonarqube-server --snippet nginx |
        sed -e "s|http://127.0.0.1:9000|$url|" -e "s|listen $port|listen 127.0.0.1:$port|" >"$work/gate.conf"
    printf '%s\n' 'daemon off;' 'master_process off;' "pid $work/pid;" "error_log $work/error.log;" \
        'events {}' 'http {' 'access_log off;' "client_body_temp_path $work/body;" \
        "proxy_temp_path $work/proxy;" "fastcgi_temp_path $work/fastcgi;" "uwsgi_temp_path $work/uwsgi;" \
        "scgi_temp_path $work/scgi;" "include $work/gate.conf;" '}' >"$work/nginx.conf"
    /usr/sbin/nginx -p "$work" -c "$work/nginx.conf" 2>>"$work/error.log" &
    gate=$!
    url=http://127.0.0.1:$port
    cat >"$work/knock.py" <<'PYTHON'
import sys
import time
import urllib.error
import urllib.request

for _ in range(100):
    try:
        print(urllib.request.urlopen(sys.argv[1]).status)
        break
    except urllib.error.HTTPError as refusal:
        print(refusal.code)
        break
    except urllib.error.URLError:
        time.sleep(0.1)
PYTHON
    refused=$(python3 "$work/knock.py" "$url/api/v2/analysis/version")
    if [ "$refused" != 401 ]; then
        echo "without a token the gate answers '$refused'"
        cat "$work/error.log"
        exit 1
    fi
    echo "the scanners go through nginx"
fi

# The engine is a program that swallows what it is given.
mkdir "$work/bin" "$work/project" "$work/logs"
printf '#!/bin/sh\ncat >/dev/null\n' >"$work/bin/java"
chmod +x "$work/bin/java"
: >"$work/engine.jar"
mint() { printf 'squ_%s' "$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')"; }
npm_token=$(mint)
python_token=$(mint)

cd "$work/project"
export PATH="$work/bin:$PATH" SONAR_USER_HOME="$work/home"
timeout 120 node "$cache/node_modules/@sonar/scan/bin/sonar-scanner.js" -X \
    -Dsonar.host.url="$url" -Dsonar.token="$npm_token" -Dsonar.projectKey=shop \
    -Dsonar.scanner.skipJreProvisioning=true -Dsonar.scanner.engineJarPath="$work/engine.jar" \
    >"$work/logs/npm.log" 2>&1
timeout 120 "$cache/venv/bin/pysonar" -v --sonar-host-url "$url" -t "$python_token" \
    --sonar-project-key shop --skip-jre-provisioning \
    --sonar-scanner-java-exe-path "$work/bin/java" \
    --sonar-scanner-engine-jar-path "$work/engine.jar" >"$work/logs/python.log" 2>&1

cd "$work/logs"
python3 -m zipfile -c logs.zip npm.log python.log
status=0
"$squelch" scan . --no-history --format jsonl --quiet >"$work/found.jsonl" || status=$?
[ "$status" -eq 1 ] || { echo "squelch ended with $status"; exit 1; }

cat >"$work/compare.py" <<'PYTHON'
import json
import sys

tokens = sys.argv[2:]
expected = set()
for log in ("npm.log", "python.log"):
    for number, line in enumerate(open(log, encoding="utf-8"), 1):
        for token in tokens:
            at = line.find(token)
            while at >= 0:
                expected |= {(token[-4:], "", log, number, at + 1), (token[-4:], log, "logs.zip", number, at + 1)}
                at = line.find(token, at + 1)
found = set()
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    assert record["type"] != "problem", record
    for place in record.get("locations", []):
        member = place.get("member", "")
        found.add((record["redacted"][-4:], member, place["path"], place["line"], place["column"]))
print(f"{len(expected)} places printed by the scanners, {len(found & expected)} found, {len(found - expected)} besides")
sys.exit(found != expected or len(expected) < 8)
PYTHON
python3 "$work/compare.py" "$work/found.jsonl" "$npm_token" "$python_token"
