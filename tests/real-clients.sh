#!/bin/sh
# Has clients that others wrote talk to the double of the services: they have to see what they would
# see at a real server. Prints one line a check.
# usage: tests/real-clients.sh DOUBLE    (target/debug/examples/double)
# Needs python3 with venv. Ends with 2 if the clients cannot be installed.
set -eu

double=${1:?usage: tests/real-clients.sh DOUBLE}
case $double in */*) ;; *) double=./$double ;; esac
cache=${SQUELCH_CLIENTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/squelch-tests/clients}
mkdir -p "$cache"
if [ ! -f "$cache/venv/complete" ]; then
    python3 -m venv --clear "$cache/venv" && "$cache/venv/bin/pip" install -q \
        python-sonarqube-api==2.0.5 api4jenkins==2.1.0 python-jenkins==1.8.3 pysonar==1.8.0.5390 >&2 || exit 2
    : >"$cache/venv/complete"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/clients.py" <<'PYTHON'
import gzip
import json
import subprocess
import sys

import api4jenkins
import jenkins
import requests
from api4jenkins.exceptions import AuthenticationError
from pysonar_scanner.api import BaseUrls, SonarQubeApi
from sonarqube import SonarCloudClient, SonarQubeClient
from sonarqube.utils.exceptions import AuthError, NotFoundError, ValidationError

checks = 0


def check(what, seen, expected):
    global checks
    checks += 1
    if seen != expected:
        sys.exit(f"{what}: {expected!r} was expected, and {seen!r} seen")
    print(f"{what}: {seen}")


def refusal(kind, call, *arguments, **named):
    """What the server said by the error that a call has to end with: the body, else the reason."""
    try:
        call(*arguments, **named)
    except kind as error:
        lines = str(error).splitlines()
        return lines[1] if len(lines) > 1 else lines[0].rpartition(": ")[2]
    return "none"


def sonar(url, minted, version, dated):
    """Lists and revokes as owner, as administrator and with an analysis token."""
    who = f"python-sonarqube-api at {version}"

    def client(token):
        return SonarQubeClient(url, token=token)

    owner, admin, made_up = client(minted["user"]), client(minted["admin"]), client("made up")
    check(f"{who}, version", owner.server.get_server_version(), version)
    check(f"{who}, anonymous", SonarQubeClient(url).auth.check_credentials(), {"valid": False})
    check(f"{who}, a live token", owner.auth.check_credentials(), {"valid": True})
    check(f"{who}, a made-up token", made_up.auth.check_credentials(), {"valid": False})
    password = SonarQubeClient(url, username="ada", password="secret")
    check(f"{who}, a password", password.auth.check_credentials(), {"valid": True})
    check(f"{who}, refused", refusal(AuthError, made_up.user_tokens.search_user_tokens), "Unauthorized")

    rows = owner.user_tokens.search_user_tokens()["userTokens"]
    check(f"{who}, names", sorted(row["name"] for row in rows), ["Project scan on Jenkins", "laptop", "old one"])
    check(f"{who}, used", [row["name"] for row in rows if "lastConnectionDate" in row], ["laptop"])
    seen = [sum("type" in row for row in rows), sum(row.get("isExpired", False) for row in rows)]
    check(f"{who}, with a type, expired", seen, dated)
    others = admin.user_tokens.search_user_tokens(login="grace")["userTokens"]
    check(f"{who}, tokens of another to an administrator", len(others), 3)
    denied = refusal(AuthError, owner.user_tokens.search_user_tokens, login="ada")
    check(f"{who}, tokens of another to a user", denied, '{"errors":[{"msg":"Insufficient privileges"}]}')
    unknown = refusal(NotFoundError, admin.user_tokens.search_user_tokens, login="nobody")
    check(f"{who}, no such user", unknown, "User with login 'nobody' doesn't exist")
    found = admin.users.search_users(q="grace")["users"]
    check(f"{who}, tokens counted", [user["tokensCount"] for user in found], [3])

    taken = refusal(ValidationError, owner.user_tokens.generate_user_token, name="laptop")
    check(f"{who}, a taken name", taken, "A user token for login 'grace' and name 'laptop' already exists")
    admin.user_tokens.revoke_user_token("no such name", login="grace")
    check(f"{who}, after revoking no token", owner.auth.check_credentials(), {"valid": True})
    owner.user_tokens.revoke_user_token("laptop")
    check(f"{who}, after revoking itself", owner.auth.check_credentials(), {"valid": False})
    others = admin.user_tokens.search_user_tokens(login="grace")["userTokens"]
    check(f"{who}, left", len(others), 2)
    status = [requests.get(f"{url}/api/users/current", auth=(minted[token], "")).status_code for token in ("user", "expired")]
    check(f"{who}, the revoked and the expired token", status, [401, 401 if dated[1] else 200])


def scanner(url, token):
    """The scanner's first question goes to a path that lets everybody in if the token is refused."""
    for name, value in (("its token", token), ("a made-up token", "made up")):
        api = SonarQubeApi(BaseUrls(url, f"{url}/api/v2", False), value)
        check(f"pysonar with {name}, version", str(api.get_analysis_version()), "26.7")
    answers = [requests.get(f"{url}/api/v2/analysis/version", headers={"Authorization": f"Bearer {value}"}).status_code
               for value in (token, "made-up")]
    check("requests with a bearer token, a live one and a made-up one", answers, [200, 401])


def cloud(url, minted):
    client = SonarCloudClient(url, token=minted["personal"])
    rows = client.user_tokens.search_user_tokens()["userTokens"]
    check("python-sonarqube-api at the cloud, names", [row["name"] for row in rows], ["laptop"])
    header = {"Authorization": f"Bearer {minted['scoped']}"}
    answers = [requests.get(f"{url}/api/projects/search", params={"organization": key}, headers=header).status_code
               for key in ("acme", "none")]
    check("requests with a scoped token, its organisation and none", answers, [200, 404])


def jenkins_by_api4jenkins(url, minted):
    def client(user, secret):
        return api4jenkins.Jenkins(url, auth=(user, secret))

    alice = client("alice", minted["leaked"])
    check("api4jenkins, version", alice.version, "2.541")
    for name, secret in (("without its first two", minted["leaked"][2:]), ("with two others", "zz" + minted["leaked"][2:])):
        check(f"api4jenkins, a token {name}", client("alice", secret).version, "2.541")
    check("api4jenkins, crumb", list(alice.crumb), ["Jenkins-Crumb"])
    answer = alice.user.revoke_token("no such token")
    check("api4jenkins, revoking no token", answer.status_code, 200)
    check("api4jenkins, after that", alice.version, "2.541")
    check("api4jenkins, revoking itself", alice.user.revoke_token(minted["leaked_uuid"]).status_code, 200)
    try:
        client("alice", minted["leaked"]).version
        seen = "let in"
    except AuthenticationError:
        seen = "refused"
    check("api4jenkins, after that", seen, "refused")
    check("api4jenkins, the other token", client("alice", minted["kept"]).version, "2.541")
    made = client("admin", minted["admin_password"]).user.generate_token("made by a client")
    check("api4jenkins, by password and crumb", (made.name, len(made.value)), ("made by a client", 34))
    check("api4jenkins, by what it made", client("admin", made.value).version, "2.541")
    bare = requests.post(f"{url}/user/admin/descriptorByName/jenkins.security.ApiTokenProperty/revokeAll",
                         auth=("admin", minted["admin_password"]))
    check("requests, by password without a crumb", (bare.status_code, bare.text), (403, "No valid crumb was included in the request"))


def jenkins_by_python_jenkins(url, minted):
    server = jenkins.Jenkins(url, "alice", minted["kept"])
    check("python-jenkins, user", server.get_whoami()["id"], "alice")
    # Shows its credential only once another call has.
    check("python-jenkins, version", server.get_version(), "2.541")
    made_up = refusal(jenkins.JenkinsException, jenkins.Jenkins(url, "alice", "made up").get_whoami)
    check("python-jenkins, a made-up token", made_up, "Unauthorized")
    blind = refusal(jenkins.JenkinsException, jenkins.Jenkins(url, "blind", minted["blind"]).get_whoami)
    check("python-jenkins, one who may not read", blind, "Access Denied")
    who = requests.get(f"{url}/whoAmI/api/json", auth=("blind", minted["blind"])).json()
    check("requests, whoAmI of one who may not read", (who["name"], who["anonymous"]), ("blind", False))


def circleci(url, minted):
    def status(path, token):
        return requests.get(f"{url}{path}", headers={"Circle-Token": token}).status_code

    for kind, expected in (("personal", [200, 200, 404]), ("project", [401, 401, 404])):
        paths = ("/api/v2/me", "/api/v2/me/collaborations", "/api/v1.1/project/none")
        check(f"requests, CircleCI {kind} token", [status(path, minted[kind]) for path in paths], expected)


def faults(url):
    with requests.get(f"{url}/bomb/api/users/current", stream=True) as answer:
        packed = answer.raw.read()
    plain = gzip.decompress(packed)
    check("requests, a bomb unpacked", (len(packed) < 100_000, len(plain) > 10_000_000, json.loads(plain)["isLoggedIn"]), (True, True, True))
    try:
        requests.get(f"{url}/short/api/users/current")
        seen = "taken"
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
        seen = "refused"
    check("requests, a body that ends too soon", seen, "refused")


double = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
try:
    url = double.stdout.readline().strip()
    minted = json.loads(double.stdout.readline())
    sonar(f"{url}/sonar", minted["sonar"], "26.7", [3, 1])
    scanner(f"{url}/sonar", minted["sonar"]["project"])
    sonar(f"{url}/old", minted["old"], "7.9", [0, 0])
    cloud(f"{url}/cloud", minted["cloud"])
    jenkins_by_api4jenkins(f"{url}/jenkins", minted["jenkins"])
    jenkins_by_python_jenkins(f"{url}/jenkins", minted["jenkins"])
    circleci(f"{url}/circleci", minted["circleci"])
    faults(url)
    heard = double.communicate(timeout=10)[0].splitlines()
    print(f"{checks} checks with 5 clients, {len(heard)} requests heard")
finally:
    double.kill()
PYTHON
timeout 120 "$cache/venv/bin/python" "$work/clients.py" "$double"
