"""What is newest on Pis reads our files with its own checkers, and its card service lets the agent in."""

import re
import textwrap

import pytest

from tests.system.machine import REPOSITORY, Machine

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]

FIRMWARE = REPOSITORY / "firmware_config"
UNITS = sorted(path.name for path in (REPOSITORY / "systemd").glob("*.service"))
LIST_READERS = """
from smartcard.scard import *

code, context = SCardEstablishContext(SCARD_SCOPE_USER)
print(SCardListReaders(context, [])[1] if code == 0 else SCardGetErrorMessage(code))
"""


def text_of(name: str) -> str:
    return (FIRMWARE / name).read_text("utf-8")


def test_the_checkers_of_this_release_have_nothing_to_say(trixie: Machine) -> None:
    checks = {
        "udev": "udevadm verify --no-summary /opt/60-ankerort.rules",
        "chrony": "chronyd -p -f /opt/chrony.conf",
        "device": "nft -c -f /opt/device.nft",
        "hub": "nft -c -f /opt/hub.nft",
    }
    answers = trixie.boot(
        "\n".join(f"say {name} {check}; echo $? >/out/{name}-status" for name, check in checks.items())
        + "\nmkdir -p /opt/ankerort/bin; for p in hub device; do ln -s /bin/true /opt/ankerort/bin/ankerort-$p; done\n"
        + "ln -sfn . /opt/ankerort/current; ln -sfn . /opt/ankerort/before\n"
        + "\n".join(
            f"say {unit} systemd-analyze verify --man=no --recursive-errors=no {unit}\n"
            f"say {unit}-security systemd-analyze security --offline=yes --no-pager --threshold=15"
            f" /etc/systemd/system/{unit}; echo $? >/out/{unit}-status"
            for unit in UNITS
        ),
        files={
            "/opt/60-ankerort.rules": text_of("udev/60-ankerort.rules"),
            "/opt/chrony.conf": text_of("chrony/ankerort.conf"),
            "/opt/device.nft": text_of("nftables/ankerort-device.nft"),
            "/opt/hub.nft": text_of("nftables/ankerort-hub.nft"),
        },
    )
    assert {name: answers[f"{name}-status"] for name in checks} == dict.fromkeys(checks, "0"), [
        answers[name] for name in checks
    ]
    assert {unit: answers[unit] for unit in UNITS} == dict.fromkeys(UNITS, "")
    assert {unit: answers[f"{unit}-status"] for unit in UNITS} == dict.fromkeys(UNITS, "0")


def test_systemd_and_journald_take_their_settings_without_a_word(trixie: Machine) -> None:
    answers = trixie.boot(
        """
        say watchdog systemctl show --value -p RuntimeWatchdogUSec
        say journal_kept stat -c %F /var/log/journal
        say back_off systemctl show --value -p RestartSteps ankerort-device.service
        """,
        files={
            "/etc/systemd/journald.conf.d/ankerort.conf": text_of("journald/ankerort.conf"),
            "/etc/systemd/system.conf.d/ankerort.conf": text_of("system.conf.d/ankerort.conf"),
        },
    )
    said = re.findall(
        r"^.*(?:Unknown key|Failed to parse|ankerort\.conf:\d+).*$", answers.journal, re.MULTILINE
    )
    assert said == []
    assert answers["journal_kept"] == "directory"
    assert answers["back_off"] == "8"


@pytest.mark.parametrize(("has_rule", "said"), [(True, "Virtual PCD 00 00"), (False, "Access denied")])
def test_the_card_service_asks_polkit_and_our_rule_answers_for_the_agent(
    trixie: Machine, has_rule: bool, said: str
) -> None:
    files = {
        "/opt/list.py": LIST_READERS,
        "/etc/systemd/system/ankerort-device.service.d/90-test.conf": textwrap.dedent(
            """\
            [Service]
            Type=oneshot
            Restart=no
            WatchdogSec=0
            ExecStart=
            ExecStart=/usr/bin/python3 /opt/list.py
            StandardOutput=file:/run/inside
            """
        ),
    }
    if has_rule:
        files["/etc/polkit-1/rules.d/50-ankerort-cards.rules"] = text_of("polkit/50-ankerort-cards.rules")
    answers = trixie.boot("systemctl start ankerort-device; cp /run/inside /out/inside", files=files)
    assert said in answers["inside"], answers.journal
