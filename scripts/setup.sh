#!/bin/sh
# Make .venv if absent and install glmkit into it:  scripts/setup.sh [EXTRA]   (core without an extra)
# Called by make. PYTHON names the interpreter (default python3). A torch already installed beside it that fits is kept.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
extra=${1:+[$1]}

fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 || fail "'$python' is not installed" "install Python 3.10 to 3.13, or name one: make PYTHON=python3.12 ..."
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' ||
    fail "glmkit needs Python 3.10 to 3.13; '$python' is $("$python" -V 2>&1)" "name another one: make PYTHON=python3.12 ..."

# Rented GPU machines come with a torch built for their driver: see it from .venv instead of downloading another one.
system_torch() {
    "$python" -c 'import re, torch; v = torch.__version__; raise SystemExit(tuple(map(int, re.findall(r"\d+", v)[:2])) < (2, 11))' >/dev/null 2>&1
}
constraints=constraints.txt
options=
if system_torch; then
    options=--system-site-packages
    constraints=.venv/constraints.txt
fi

if [ ! -x .venv/bin/python ]; then
    echo "making .venv with $("$python" -V 2>&1)"
    "$python" -m venv $options .venv >.venv.log 2>&1 || {
        cat .venv.log >&2
        rm -rf .venv .venv.log
        fail "this Python cannot make virtual environments" \
            "install its venv part (Debian, Ubuntu: apt install python3-venv; Fedora: dnf install python3-pip) and run make again"
    }
    rm -f .venv.log
fi
[ "$constraints" = constraints.txt ] || grep -v '^torch==' constraints.txt >"$constraints"

echo "installing glmkit$extra (the first time downloads PyTorch; this can take a few minutes)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint "$constraints" --editable ".$extra" ||
    fail "the installation failed; pip's message stands above" "check that the package registry can be reached, then run make again"
