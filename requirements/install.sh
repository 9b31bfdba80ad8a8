#!/bin/sh
# Makes .venv and installs hash-pinned requirements and this project into it.
#
#   requirements/install.sh demo   what `make demo` needs: a Python from 3.11 to 3.13, and nothing else
#   requirements/install.sh dev    what the tests need
#
# PYTHON names the interpreter (python3). A second call that has nothing to do takes no time. What is built against
# system libraries (pyscard, for the card reader) may fail, unless ANKERORT_REQUIRE_ALL=1.
set -eu
cd "$(dirname "$0")/.."

what="${1:?say what to install: demo or dev}"
venv=.venv

say() {
    echo "ankerort: $*"
}

fail() {
    echo "ankerort: $*" >&2
    exit 1
}

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "there is no $PYTHON (from PYTHON=$PYTHON)."
        is_supported "$PYTHON" ||
            fail "$PYTHON is $("$PYTHON" --version 2>&1): Python 3.11, 3.12 or 3.13 is needed. Name another: make PYTHON=python3.12 …"
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && is_supported "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    if command -v python3 >/dev/null; then
        fail "python3 is $(python3 --version 2>&1): Python 3.11, 3.12 or 3.13 is needed. Debian 12 has 3.11; with another at hand: make PYTHON=/path/to/python3.12 …"
    fi
    fail "there is no python3: Python 3.11, 3.12 or 3.13 is needed (Debian, Ubuntu: apt install python3 python3-venv)."
}

make_venv() {
    # An environment whose Python is gone (an upgraded system) or too old is made anew.
    if [ -e "$venv/pyvenv.cfg" ] && is_supported "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    python="$(find_python)"
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python can't make environments: venv or ensurepip is missing (Debian, Ubuntu: apt install python3-venv)."
    say "making $venv with $("$python" --version)"
    if [ -e "$venv" ]; then
        [ -e "$venv/pyvenv.cfg" ] || fail "$venv is in the way, and is no environment: move it aside."
        rm -rf "$venv"
    fi
    "$python" -m venv "$venv" || fail "$python -m venv failed (Debian, Ubuntu: apt install python3-venv)."
}

pip_install() {
    # No isolation: what builds is pinned too, by build.txt.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-build-isolation "$@" </dev/null
}

checksum() {
    # Also the folder: an editable installation that was moved or copied points to the old place.
    { pwd; cat pyproject.toml "$@"; } | cksum
}

# is_done NAME FILES...: whether these very files are installed.
is_done() {
    stamp="$venv/.installed-$1"
    shift
    [ -e "$stamp" ] && [ "$(checksum "$@")" = "$(cat "$stamp")" ]
}

set_done() {
    stamp="$venv/.installed-$1"
    shift
    checksum "$@" >"$stamp"
}

# The demo is a part of what the tests need: `make demo` after `make test` has nothing to do.
install() {
    set -- "$1" requirements/build.txt "requirements/$1.txt"
    if is_done "$@" || { [ "$1" = demo ] && is_done dev requirements/build.txt requirements/dev.txt; }; then
        return
    fi
    say "installing $(grep -c '^[a-z].*==' "$3") packages into $venv; with a quick line this takes a minute"
    pip_install --require-hashes -r requirements/build.txt
    pip_install --require-hashes -r "$3"
    pip_install --no-deps --editable .
    set_done "$@"
}

install_reader() {
    set -- reader requirements/build.txt requirements/reader.txt
    if is_done "$@"; then
        return
    fi
    say "building what the card reader needs"
    if pip_install --require-hashes -r "$3"; then
        set_done "$@"
    elif [ "${ANKERORT_REQUIRE_ALL:-0}" = 1 ]; then
        fail "requirements/reader.txt could not be installed, and ANKERORT_REQUIRE_ALL=1 lets nothing be missing."
    else
        say "requirements/reader.txt could not be installed (apt install gcc swig libpcsclite-dev python3-dev):" \
            "tests with a card reader are skipped"
    fi
}

case "$what" in
demo)
    make_venv
    install demo
    ;;
dev)
    make_venv
    install dev
    install_reader
    ;;
*)
    fail "what is '$what'? Say demo or dev."
    ;;
esac
