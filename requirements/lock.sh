#!/bin/sh
# Pins every requirement with the hashes of all its files, for `make lock`.
#
#   requirements/lock.sh            keep what is pinned, add and remove what pyproject.toml asks for
#   requirements/lock.sh --upgrade  take the newest of everything
#
# Run it with the oldest supported Python: what only older ones need is in then, and does no harm to newer ones.
set -eu
cd "$(dirname "$0")/.."

pip_compile() {
    out="requirements/$1.txt"
    shift
    # No index, no path and no host: the files say what is installed, not from where. The project itself, which its
    # extras name to include each other, is left out ("unsafe").
    .venv/bin/pip-compile --quiet --generate-hashes --strip-extras --no-allow-unsafe --unsafe-package ankerort --no-header \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --output-file "$out" "$@"
    {
        echo "# Made by 'make lock' from pyproject.toml: do not edit. Installed with --require-hashes."
        # What follows would only say that the project itself is left out.
        sed '/^# WARNING: The following packages were not pinned/,$d; /^# The following packages were not pinned/,$d' "$out"
    } >"$out.new"
    mv "$out.new" "$out"
    echo "$out: $(grep -c '^[a-z].*==' "$out") packages"
}

pip_compile build "$@" requirements/build.in
# The widest set first; the others take its versions, so that what is tested is what is installed.
pip_compile dev "$@" --extra dev -c requirements/build.txt pyproject.toml
pip_compile reader "$@" --extra reader -c requirements/dev.txt -c requirements/build.txt pyproject.toml
pip_compile device "$@" --extra device --extra reader -c requirements/dev.txt -c requirements/build.txt \
    pyproject.toml
pip_compile hub "$@" --extra hub --extra postgres -c requirements/dev.txt pyproject.toml
pip_compile demo "$@" --extra hub --extra demo -c requirements/dev.txt pyproject.toml

# pip-compile drops the marker that pyproject.toml gives to lgpio, which has no wheel for Python 3.13: the tests do without
# it there, a device builds it.
edit() {
    sed "$2" "$1" >"$1.new"
    mv "$1.new" "$1"
}
edit requirements/dev.txt 's/^\(lgpio==[^ ]*\) .*/\1 ; python_version < "3.13" \\/'
edit requirements/device.txt 's/^\(lgpio==[^ ]*\) .*/\1 \\/'
