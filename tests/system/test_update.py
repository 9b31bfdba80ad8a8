"""Updates under a real systemd: the trial's own bounds leave it what it needs, and it judges rightly."""

import pytest

from tests.system.machine import Answers, Machine
from tests.system.test_services import CARD_KEY, DEVICE_TOML

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]

# release VERSION PROGRAM: what `update` would have put there. Then what it does next, in the words of the program.
FUNCTIONS = """
cd /opt/ankerort
describe() { mkdir -p $1/lib/python3.11/site-packages/ankerort-$2.dist-info; }
describe . 0.1.0
release() {
    describe releases/$1 $1
    mkdir -p releases/$1/bin
    printf '%s\\n' "$2" >releases/$1/bin/ankerort-device
    chmod 755 releases/$1/bin/ankerort-device
    touch releases/$1/complete
}
switch() { bin/python3 -c "
from device.releases import FOLDER, Releases
Releases(FOLDER).switch('$1', needs_link=False)"; }
try_out() { bin/python3 -c 'from device.service import Agent; Agent().try_out()'; }
"""
AGENT = '#!/bin/sh\nexec /opt/ankerort/bin/ankerort-device "$@"'


def boot(machine: Machine, probe: str) -> Answers:
    return machine.boot(f"{CARD_KEY}\n{FUNCTIONS}\n{probe}", files={"/etc/ankerort/device.toml": DEVICE_TOML})


def test_a_broken_release_is_followed_by_the_one_before_also_when_it_was_booted(bookworm: Machine) -> None:
    answers = boot(
        bookworm,
        """
        systemctl start ankerort-device
        say nothing systemctl start ankerort-device-trial
        release 0.2.0 '#!/bin/sh
        exit 1'
        switch 0.2.0
        say tried try_out
        say last cat last-update
        say current readlink current
        say trial ls -l trial
        until_ 120 is ankerort-device ActiveState active
        say state show ankerort-device ActiveState
        say restarts show ankerort-device NRestarts
        """,
    )
    assert answers["nothing"] == "", "there was nothing to decide"
    assert answers["tried"] == "", answers.journal
    assert answers["last"].startswith("0.2.0 was not kept: it did not start"), answers.journal
    assert answers["last"].endswith("0.1.0 runs again")
    assert answers["current"] == "."
    assert "No such file" in answers["trial"]
    assert (answers["state"], answers["restarts"]) == ("active", "0"), answers.journal


def test_a_release_that_works_for_two_minutes_is_kept_and_what_nobody_needs_is_deleted(
    bookworm: Machine,
) -> None:
    answers = boot(
        bookworm,
        f"""
        systemctl start ankerort-device
        release 0.1.5 '{AGENT}'
        release 0.2.0 '{AGENT}'
        switch 0.2.0
        say tried try_out
        say last cat last-update
        say current readlink current
        say releases ls releases
        say pid show ankerort-device MainPID
        say restarts show ankerort-device NRestarts
        """,
    )
    assert answers["tried"] == "", answers.journal
    assert answers["last"] == "0.2.0 runs, and is kept", answers.journal
    assert answers["current"] == "releases/0.2.0"
    assert answers["releases"] == "0.2.0"
    assert answers["restarts"] == "0"
