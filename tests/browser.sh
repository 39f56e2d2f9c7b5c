#!/usr/bin/env bash
# Opens a page of squelch in a real browser without a window: `tests/browser.sh BROWSER PAGE`.
# The browser must take the style sheet, which the page's policy names, complain about nothing, draw
# the page and print it.
set -euo pipefail

browser=$1
page=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

look() {
    # Without a sandbox, since CI runs as root: what is opened is a page of our own.
    timeout 120 "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars \
        --user-data-dir="$work/profile" --enable-logging=stderr --window-size=1280,1600 \
        --virtual-time-budget=2000 "$@" "file://$page" >/dev/null 2>"$work/log"
    if grep -E 'CONSOLE|Refused to|Content Security Policy' "$work/log"; then
        echo "the browser complains about the page"
        exit 1
    fi
}

look --screenshot="$work/page.png"
look --no-pdf-header-footer --print-to-pdf="$work/page.pdf"
echo "drawn: $(stat -c %s "$work/page.png") bytes, printed: $(stat -c %s "$work/page.pdf") bytes"
head -c 5 "$work/page.pdf" | grep -q '^%PDF-'
