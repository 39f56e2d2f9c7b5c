#!/usr/bin/env bash
# The programs for Jenkins' script console, run by a real Groovy: tests/console.sh SQUELCH
#
# There is no Jenkins to be had here, so the two classes that they call stand in tests/console/, with
# the methods and fields of core's hudson.model.User and jenkins.security.ApiTokenProperty. Exits
# with 2 where there is no Groovy.
set -euo pipefail

squelch=$1
here=$(cd "$(dirname "$0")" && pwd)
command -v groovy >/dev/null || exit 2
java=$(command -v java) || exit 2
JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$java")")")
export JAVA_HOME

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
token=11$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
uuid=d987d752-b057-430e-b701-622872e79196
hash=$(printf %s "${token#11}" | sha256sum | cut -d' ' -f1)
mkdir -p "$work/home/users/a_1"
cat >"$work/home/users/a_1/config.xml" <<XML
<?xml version='1.1' encoding='UTF-8'?>
<user><id>alice</id><properties><jenkins.security.ApiTokenProperty><tokenStore><tokenList>
<jenkins.security.apitoken.ApiTokenStore_-HashedToken><uuid>$uuid</uuid><name>leaked</name>
<value><version>11</version><hash>$hash</hash></value>
</jenkins.security.apitoken.ApiTokenStore_-HashedToken>
</tokenList></tokenStore></jenkins.security.ApiTokenProperty></properties></user>
XML
printf 'JENKINS_USER_ID=alice\nJENKINS_API_TOKEN=%s\n' "$token" >"$work/leak.env"
"$squelch" scan "$work/leak.env" -q -o "jsonl=$work/findings.jsonl" >/dev/null || [ $? -eq 1 ]

script() {
    "$squelch" revoke "$work/findings.jsonl" --jenkins-home "$work/home" -q --script "$1"
}

left="println 'left: ' + hudson.model.User.all.collectMany {
    it.getProperty(jenkins.security.ApiTokenProperty)?.tokenList*.name ?: []
}.join(', ')"

# Runs a program in a server with four tokens, and prints what it said and what is left.
run() {
    # As a closure, since a program may return early.
    { echo "({ ->"; cat "$1"; printf '}).call()\n%s\n' "$left"; } >"$work/program.groovy"
    groovy -cp "$here/console" "$work/program.groovy"
}

check() {
    local what=$1 said=$2
    shift 2
    for part in "$@"; do
        if ! grep -qF -- "$part" <<<"$said"; then
            printf '%s: nothing says %s:\n%s\n' "$what" "$part" "$said" >&2
            exit 1
        fi
    done
    echo "$what: ${said##*$'\n'}"
}

script one >"$work/one.groovy"
check "one, dry" "$(run "$work/one.groovy")" "would revoke $uuid \"leaked\" of alice" \
    "left: leaked, kept, old, bobs"
sed 's/dryRun = true/dryRun = false/' "$work/one.groovy" >"$work/one-wet.groovy"
check "one" "$(run "$work/one-wet.groovy")" "it is gone" "left: kept, old, bobs"
sed "s/$uuid/no-such-uuid/" "$work/one-wet.groovy" >"$work/one-wrong.groovy"
check "one, wrong uuid" "$(run "$work/one-wrong.groovy")" "nothing was done" \
    "left: leaked, kept, old, bobs"

script all-but-one >"$work/but.groovy"
check "all but one, as it is" "$(run "$work/but.groovy")" "nothing was done" \
    "left: leaked, kept, old, bobs"
sed "s/'uuid of the token that stays'/'uuid-of-kept'/" "$work/but.groovy" >"$work/but-dry.groovy"
check "all but one, dry" "$(run "$work/but-dry.groovy")" "would revoke $uuid" \
    "left: leaked, kept, old, bobs"
sed 's/dryRun = true/dryRun = false/' "$work/but-dry.groovy" >"$work/but-wet.groovy"
check "all but one" "$(run "$work/but-wet.groovy")" "1 left" "left: kept, bobs"

script all-legacy >"$work/legacy.groovy"
check "legacy, dry" "$(run "$work/legacy.groovy")" "would revoke uuid-of-old of alice" \
    "left: leaked, kept, old, bobs"
sed 's/dryRun = true/dryRun = false/' "$work/legacy.groovy" >"$work/legacy-wet.groovy"
check "legacy" "$(run "$work/legacy-wet.groovy")" "revokes uuid-of-bobs of bob" "left: leaked, kept"
