#!/bin/sh
# Installs the Debian packages of a list, by default tests/system-packages.txt, that are missing, where this user may.
#
# Where it may not, or where there is no apt, it says what is missing: the tests that need it are skipped then. Under
# ANKERORT_REQUIRE_ALL=1 that is a failure.
set -eu

list="${1:-$(dirname "$0")/../system-packages.txt}"
required="${ANKERORT_REQUIRE_ALL:-0}"

give_up() {
    echo "$1" >&2
    if [ "$required" = 1 ]; then
        echo "ANKERORT_REQUIRE_ALL=1: nothing may be missing." >&2
        exit 1
    fi
    echo "Tests that need what is missing will be skipped, and say so." >&2
    exit 0
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    give_up "This is no Debian: install the like of tests/system-packages.txt by hand."
fi

missing=""
for package in $(sed 's/#.*//' "$list"); do
    state="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    give_up "Missing Debian packages; to install them: sudo apt-get install$missing"
fi

echo "Installing Debian packages:$missing"

# Broker, database and card service are for the tests, which start their own: none shall start as a service now.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT INT TERM
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

apt() {
    # Not one variable of our own environment is needed; sudo would drop it.
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# shellcheck disable=SC2086 # the list is meant to be split
if ! { apt update && apt install --no-install-recommends $missing; }; then
    give_up "apt-get could not install:$missing"
fi
