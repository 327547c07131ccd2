#!/bin/sh
# Install the programs that `make test-system` needs and that are not there yet, on Debian and Ubuntu, as root.
set -eu
missing=
for pair in bwrap:bubblewrap setpriv:util-linux chromium:chromium; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-wqy-microhei"  # a page in Chinese
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null 2>&1 || {
    printf 'error: these programs are missing:%s\nhint: install them with the package manager of this system\n' "$missing" >&2
    exit 1
}
apt-get update -qq
# shellcheck disable=SC2086  # one word a package
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
