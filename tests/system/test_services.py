"""Each service really started under systemd: it is ready, restarted when it hangs, and not broken by its bounds."""

import re
import textwrap
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from device.backends.clock import SystemClock
from hub.authority.broker_files import BrokerFiles
from hub.authority.bundles import Bundles, Terms
from hub.authority.folder import Authority
from hub.domain.statistics.frozen import freeze, to_text
from hub.keys import Keys
from tests.hub.export.reports import town_report
from tests.system.machine import Answers, Machine
from wire.trust import DeviceTrust, write_trust

pytestmark = [pytest.mark.system, pytest.mark.timeout(1200)]

DEVICE_TOML = """
device = "pi-1"
space = "moelln"
card.key_file = "/etc/ankerort/secrets/device/card.key"
health.file = "/var/lib/ankerort-device/health.json"
health.every_s = 1

[[reader]]
id = "front"
door = "front-door"
match = "Virtual PCD 00 00"
"""
HUB_TOML = """
mqtt.url = "mqtt://127.0.0.1:1883"
web.max_viewers = 5
keys.file = "/etc/ankerort/secrets/keys/keys.json"
web.secret_file = "/etc/ankerort/secrets/hub/web.secret"
"""
CARD_KEY = (
    "head -c32 /dev/urandom | od -An -tx1 | tr -d ' \\n' >/etc/ankerort/secrets/device/card.key"
    "; chmod 600 /etc/ankerort/secrets/device/card.key"
)
HUB_SECRETS = """
head -c32 /dev/urandom | base64 >/etc/ankerort/secrets/hub/web.secret
/opt/ankerort/bin/python3 -c '
from pathlib import Path
from hub.key_file import create_keys
from hub.keys import Keys
create_keys(Path("/etc/ankerort/secrets/keys/keys.json"), Keys.new())'
"""
GET = """/opt/ankerort/bin/python3 -c 'import sys, urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8080" + sys.argv[1], timeout=10).status)'"""


def instead(unit: str, program: str) -> str:
    """Return shell that starts a Python program in all bounds of a unit, and keeps what it says as `inside`."""
    return f"""
mkdir -p /etc/systemd/system/{unit}.d
cat >/opt/inside.py <<'END'
{textwrap.dedent(program)}
END
cat >/etc/systemd/system/{unit}.d/90-test.conf <<'END'
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStart=
ExecStart=/opt/ankerort/bin/python3 /opt/inside.py
StandardOutput=file:/run/inside
StandardError=file:/run/inside
END
systemctl daemon-reload
systemctl start {unit}
cp /run/inside /out/inside
rm -r /etc/systemd/system/{unit}.d/90-test.conf
systemctl daemon-reload
"""


def bundle_of_a_hub(folder: Path) -> str:
    """Return what `ankerort-hub device add` makes of a device."""
    now_us = time.time_ns() // 1000
    authority = Authority(folder / "authority")
    authority.create(now_us)
    bundles = Bundles(
        folder / "bundles",
        authority,
        BrokerFiles(folder / "broker", authority, None),
        Terms("mqtts://127.0.0.1:8883", 100, 7),
    )
    keys = Keys.new()
    trust = write_trust(
        DeviceTrust("moelln", "pi-1", X25519PrivateKey.generate(), keys.verify_key, keys.sealing_key)
    )
    file = bundles.add("moelln", "pi-1", "", now_us, trust=trust, commit=lambda: None, to=None)
    return file.read_text()


def restarts(answers: Answers, unit: str) -> int:
    """Return how often systemd's watchdog ended a unit."""
    return len(re.findall(rf"{unit}: Watchdog timeout", answers.journal))


def test_the_agent_is_ready_with_its_secret_its_reader_and_its_spool_and_ends_in_order(
    bookworm: Machine,
) -> None:
    answers = bookworm.boot(
        f"""
        {CARD_KEY}
        systemctl start ankerort-device
        say started show ankerort-device ActiveState
        until_ 120 grep -q '"front":true' /var/lib/ankerort-device/health.json
        cp /var/lib/ankerort-device/health.json /out/health
        pid=$(show ankerort-device MainPID)
        ps_() {{ grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/$pid/status; }}
        say process ps_
        id -u ankerort-device >/out/uid
        say folder stat -c '%U %a' /var/lib/ankerort-device /var/lib/ankerort-device/spool.db
        systemctl stop ankerort-device
        say stopped show ankerort-device Result
        say status show ankerort-device ExecMainStatus
        """,
        files={"/etc/ankerort/device.toml": DEVICE_TOML},
    )
    assert answers["started"] == "active", answers.journal
    assert '"spool_store":"disk"' in answers["health"]
    # The kernel's own id, not what the container pretends: ProtectProc= has a /proc of its own.
    assert f'"boot":"{SystemClock().boot_id()}"' in answers["health"]
    uid = answers["uid"]
    assert answers["process"].split("\n") == [
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2",
    ]  # fmt: skip
    assert answers["folder"].split("\n") == ["ankerort-device 700", "ankerort-device 600"]
    assert (answers["stopped"], answers["status"]) == ("success", "0"), answers.journal
    assert "Traceback" not in answers.journal


def test_an_agent_starts_with_what_a_bundle_brought_and_root_alone_can_read(
    bookworm: Machine, tmp_path: Path
) -> None:
    answers = bookworm.boot(
        """
        cp /opt/pi.bundle /run/pi.bundle
        say enrolled ankerort-device enrol /run/pi.bundle
        say left ls /run/pi.bundle
        say files stat -c '%n %U:%G %a' /etc/ankerort /etc/ankerort/device.toml /etc/ankerort/secrets/device/*/*
        systemd-tmpfiles --create
        say later stat -c '%U:%G %a' /etc/ankerort/device.toml /etc/ankerort/secrets/device/* \
            /etc/ankerort/secrets/device/*/device.key
        systemctl start ankerort-device
        say started show ankerort-device ActiveState
        pid=$(show ankerort-device MainPID)
        say has nsenter -t $pid -m ls /run/credentials/ankerort-device.service
        say doctor ankerort-device doctor
        """,
        files={"/opt/pi.bundle": bundle_of_a_hub(tmp_path / "hub")},
    )
    assert answers["enrolled"].startswith("this is moelln/pi-1 now"), answers["enrolled"]
    assert "No such file" in answers["left"]
    (folder, settings), identity = answers["files"].split("\n")[:2], answers["files"].split("\n")[2:]
    assert folder == "/etc/ankerort root:root 755"
    assert settings == "/etc/ankerort/device.toml root:ankerort-device 640"
    assert [line.split(" ", 1)[1] for line in identity] == ["root:root 600"] * 4
    # At each boot: what stands open is closed, and nothing else changes.
    assert answers["later"].split("\n") == ["root:ankerort-device 640", "root:root 700", "root:root 600"]
    assert answers["started"] == "active", answers.journal
    names = [line.split(" ")[0].removeprefix("/etc/ankerort/secrets/").replace("/", "_") for line in identity]
    assert answers["has"].split() == names
    # There is no broker, no clock and no board: all else is well.
    found = {line.split(":")[0] for line in answers["doctor"].split("\n") if re.match(r"[a-z-]+: ", line)}
    assert found <= {"broker-away", "clock-not-synchronised", "no-watchdog", "disk-full"}, answers["doctor"]


def test_the_brokers_certificates_are_renewed_within_the_bounds_and_the_hub_signs_in_with_its_own(
    bookworm: Machine,
) -> None:
    toml = HUB_TOML.replace(
        'mqtt.url = "mqtt://127.0.0.1:1883"',
        """
        provisioning.broker_url = "mqtts://hub.example:8883"
        mqtt.url = "mqtts://127.0.0.1:8884"
        mqtt.ca_file = "/etc/ankerort/mqtt/ca.pem"
        mqtt.cert_file = "/etc/ankerort/mqtt/hub.pem"
        mqtt.key_file = "/etc/ankerort/mqtt/hub.key"
        """,
    )
    answers = bookworm.boot(
        f"""
        {HUB_SECRETS}
        # Debian's unit of Mosquitto reloads by it; a system as small as this one lacks it.
        printf '#!/bin/bash\nkill "$@"\n' >/bin/kill && chmod 755 /bin/kill
        systemctl start ankerort-hub-broker
        say before show ankerort-hub-broker ConditionResult
        ankerort-hub ca init
        say first ankerort-hub broker --conf /etc/mosquitto/conf.d/ankerort.conf
        systemctl restart mosquitto
        rm /etc/mosquitto/ankerort/server.pem /etc/ankerort/mqtt/hub.pem
        systemctl start ankerort-hub-broker
        say result show ankerort-hub-broker Result
        say files stat -c '%n %U %a' /etc/mosquitto/ankerort /etc/mosquitto/ankerort/* /etc/ankerort/mqtt/*
        say mosquitto show mosquitto ActiveState
        systemctl start ankerort-hub
        until_ 120 {GET} /readyz
        say ready {GET} /readyz
        say doctor ankerort-hub doctor
        say timer systemctl is-enabled ankerort-hub-broker.timer
        """,
        files={"/etc/ankerort/hub.toml": toml},
    )
    assert answers["before"] == "no", "there is no authority yet"
    assert (answers["result"], answers["mosquitto"]) == ("success", "active"), answers.journal
    assert answers["files"].split("\n") == [
        "/etc/mosquitto/ankerort mosquitto 700",
        *(
            f"/etc/mosquitto/ankerort/{name} mosquitto {mode}"
            for name, mode in (
                ("acl", 600), ("ca.pem", 644), ("crl.pem", 644), ("server.key", 600), ("server.pem", 644),
            )
        ),
        *(
            f"/etc/ankerort/mqtt/{name} ankerort-hub {mode}"
            for name, mode in (("ca.pem", 644), ("hub.key", 600), ("hub.pem", 644))
        ),
    ]  # fmt: skip
    assert answers["ready"] == "200", answers.journal
    assert answers["timer"] == "enabled"
    found = {line.split(":")[0] for line in answers["doctor"].split("\n") if re.match(r"[a-z-]+: ", line)}
    assert found <= {"no-public-address", "backup-old", "disk-full"}, answers["doctor"]


def test_an_agent_whose_loop_hangs_is_started_anew_and_says_where_it_hung(bookworm: Machine) -> None:
    # A pipe that nobody reads stands where the health file is written: the loop waits in there, as for a dead disk.
    answers = bookworm.boot(
        f"""
        {CARD_KEY}
        mkdir -p /etc/systemd/system/ankerort-device.service.d
        printf '[Service]\\nWatchdogSec=4\\n' >/etc/systemd/system/ankerort-device.service.d/test.conf
        systemctl daemon-reload
        systemctl start ankerort-device
        sleep 10
        say before show ankerort-device NRestarts
        cd /var/lib/ankerort-device
        mkfifo health.json.new && chown ankerort-device: health.json.new
        until_ 120 is ankerort-device NRestarts 1
        rm health.json.new
        until_ 120 is ankerort-device ActiveState active
        sleep 6
        say after show ankerort-device NRestarts
        say state show ankerort-device ActiveState
        """,
        files={"/etc/ankerort/device.toml": DEVICE_TOML},
    )
    assert answers["before"] == "0", answers.journal
    assert (answers["after"], answers["state"]) == ("1", "active"), answers.journal
    assert restarts(answers, "ankerort-device.service") == 1
    assert "Fatal Python error: Aborted" in answers.journal
    assert re.search(r'File "/opt/src/device/health.py", line \d+ in _write', answers.journal)


def test_the_agents_bounds_leave_it_pins_card_service_clock_and_spool_and_nothing_else(
    bookworm: Machine,
) -> None:
    answers = bookworm.boot(
        f"""
        {CARD_KEY}
        # Stand-ins: the pins' device has its owner and mode, another one is open to everybody.
        mknod -m 660 /dev/gpiochip0 c 1 8 && chgrp gpio /dev/gpiochip0
        mknod -m 666 /dev/other c 1 8
        """
        + instead(
            "ankerort-device.service",
            """
            import os, socket, sys, tempfile
            from pathlib import Path
            from device.backends.clock import _Timex, BOOT_ID_PATH
            import ctypes

            def tried(what, do):
                try:
                    do()
                    print(what, "works")
                except OSError as error:
                    print(what, error.strerror)

            def write(path):
                return lambda: Path(path).write_bytes(b"x")

            def open_(path):
                return lambda: os.close(os.open(path, os.O_RDWR))

            def ask_clock():
                libc = ctypes.CDLL(None, use_errno=True)
                if libc.adjtimex(ctypes.byref(_Timex(modes=0))) == -1:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

            def set_clock():
                import time
                time.clock_settime(time.CLOCK_REALTIME, time.time())

            def card_service():
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.connect("/run/pcscd/pcscd.comm")

            tried("pins", open_("/dev/gpiochip0"))
            tried("other device", open_("/dev/other"))
            tried("asking the clock", ask_clock)
            tried("setting the clock", set_clock)
            tried("boot id", BOOT_ID_PATH.read_text)
            tried("temperature", lambda: list(Path("/sys/class").iterdir()))
            tried("card service", card_service)
            tried("spool", write("/var/lib/ankerort-device/x"))
            tried("temporary file", write(tempfile.gettempdir() + "/x"))
            handed_over = Path(os.environ["CREDENTIALS_DIRECTORY"], "device_card.key")
            tried("secret handed over", handed_over.read_bytes)
            tried("secret itself", lambda: Path("/etc/ankerort/secrets/device/card.key").read_bytes())
            tried("settings", write("/etc/ankerort/device.toml"))
            tried("program", write("/opt/ankerort/bin/x"))
            tried("home", lambda: list(Path("/root").iterdir()))
            tried("raw packets", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
            tried("network", lambda: socket.socket(socket.AF_INET6).close())
            """,
        ),
        files={"/etc/ankerort/device.toml": DEVICE_TOML},
    )
    assert answers["inside"].split("\n") == [
        "pins works",
        "other device No such file or directory",
        "asking the clock works",
        "setting the clock Operation not permitted",
        "boot id works",
        "temperature works",
        "card service works",
        "spool works",
        "temporary file works",
        "secret handed over works",
        "secret itself Permission denied",
        "settings Read-only file system",
        "program Read-only file system",
        "home Permission denied",
        "raw packets Address family not supported by protocol",
        "network works",
    ], answers.journal


def test_a_hub_is_migrated_ready_and_fed_serves_pages_and_ends_in_order(bookworm: Machine) -> None:
    answers = bookworm.boot(
        f"""
        {HUB_SECRETS}
        mkdir -p /etc/systemd/system/ankerort-hub.service.d
        printf '[Service]\\nWatchdogSec=12\\n' >/etc/systemd/system/ankerort-hub.service.d/test.conf
        systemctl daemon-reload
        systemctl start ankerort-hub
        say started show ankerort-hub ActiveState
        say migrated show ankerort-hub-migrate Result
        say page {GET} /
        say ready {GET} /readyz
        say folder stat -c '%U %a' /var/lib/ankerort /var/lib/ankerort/hub.db
        sleep 30
        say restarts show ankerort-hub NRestarts
        systemctl stop ankerort-hub
        say stopped show ankerort-hub Result
        say status show ankerort-hub ExecMainStatus
        """,
        files={"/etc/ankerort/hub.toml": HUB_TOML},
    )
    assert (answers["started"], answers["migrated"]) == ("active", "success"), answers.journal
    assert (answers["page"], answers["ready"]) == ("200", "200"), answers.journal
    assert answers["folder"].split("\n") == ["ankerort-hub 700", "ankerort-hub 600"]
    assert answers["restarts"] == "0", answers.journal
    assert (answers["stopped"], answers["status"]) == ("success", "0"), answers.journal
    # Both secrets came by systemd: the key file, and that which signs sessions.
    assert "no key file" not in answers.journal
    assert "Traceback" not in answers.journal


def test_a_hub_one_of_whose_loops_hangs_is_named_and_started_anew(bookworm: Machine) -> None:
    # The key file is a pipe that nobody writes to: what looks after the keys waits in there, all else goes on.
    toml = HUB_TOML.replace("/etc/ankerort/secrets/keys/keys.json", "/var/lib/ankerort/keys.json")
    answers = bookworm.boot(
        f"""
        {HUB_SECRETS}
        rm /etc/ankerort/secrets/keys/keys.json
        mkdir -p /etc/systemd/system/ankerort-hub.service.d
        printf '[Service]\\nWatchdogSec=12\\n' >/etc/systemd/system/ankerort-hub.service.d/test.conf
        systemctl daemon-reload
        systemctl start ankerort-hub
        say started show ankerort-hub ActiveState
        mkfifo -m 600 /var/lib/ankerort/keys.json && chown ankerort-hub: /var/lib/ankerort/keys.json
        until_ 360 is ankerort-hub NRestarts 1
        rm /var/lib/ankerort/keys.json
        until_ 120 is ankerort-hub ActiveState active
        say page {GET} /
        """,
        files={"/etc/ankerort/hub.toml": toml},
    )
    assert answers["started"] == "active", answers.journal
    assert re.search(r"custodian has not turned for \d+ s; systemd starts this process anew", answers.journal)
    assert restarts(answers, "ankerort-hub.service") == 1
    assert re.search(r'File "/opt/src/hub/services/custodian.py", line \d+ in _load_keys', answers.journal)
    assert answers["page"] == "200"


def test_the_parts_of_a_hub_run_beside_each_other_and_not_beside_the_whole(bookworm: Machine) -> None:
    answers = bookworm.boot(
        f"""
        {HUB_SECRETS}
        parts="ankerort-hub-web ankerort-hub-ingest ankerort-hub-jobs"
        systemctl start $parts
        states() {{ for part in $parts; do show $part ActiveState; done; }}
        say started states
        say page {GET} /
        pid=$(show ankerort-hub-web MainPID)
        say web_has nsenter -t $pid -m ls /run/credentials/ankerort-hub-web.service
        pid=$(show ankerort-hub-jobs MainPID)
        say jobs_has nsenter -t $pid -m ls /run/credentials/ankerort-hub-jobs.service
        systemctl start ankerort-hub
        say whole show ankerort-hub ActiveState
        say then states
        """,
        files={"/etc/ankerort/hub.toml": HUB_TOML},
    )
    assert answers["started"].split() == ["active"] * 3, answers.journal
    assert answers["page"] == "200", answers.journal
    assert answers["web_has"].split() == ["hub_web.secret"]
    assert answers["jobs_has"].split() == ["hub_web.secret", "keys_keys.json"]
    assert answers["whole"] == "active", answers.journal
    assert answers["then"].split() == ["inactive"] * 3, answers.journal


def test_a_hub_whose_database_is_away_is_started_until_it_is_there(bookworm: Machine) -> None:
    answers = bookworm.boot(
        f"""
        {HUB_SECRETS}
        systemctl start ankerort-hub-web
        until_ 120 is ankerort-hub-web NRestarts 1
        mkdir -p /run/place && chown ankerort-hub: /run/place
        until_ 120 is ankerort-hub-web ActiveState active
        say page {GET} /
        """,
        files={
            "/etc/ankerort/hub.toml": f'database_url = "sqlite:////run/place/hub.db"\n{HUB_TOML}',
            "/etc/systemd/system/ankerort-hub-web.service.d/test.conf": "[Service]\nReadWritePaths=-/run/place\n",
            "/etc/systemd/system/ankerort-hub-migrate.service.d/test.conf": "[Service]\nReadWritePaths=-/run/place\n",
        },
    )
    assert "ankerort-hub-migrate.service: Failed with result 'exit-code'" in answers.journal
    assert answers["page"] == "200", answers.journal


@pytest.mark.parametrize("unit", ["ankerort-hub-web.service", "ankerort-hub.service"])
def test_bounds_let_a_report_be_drawn(bookworm: Machine, unit: str) -> None:
    answers = bookworm.boot(
        HUB_SECRETS
        + instead(
            unit,
            """
            import subprocess, sys
            for wanted in ("pdf", "html"):
                with open("/opt/report", "rb") as report:
                    done = subprocess.run(
                        [sys.executable, "-m", "hub.export.drawing", wanted, "de"], stdin=report, capture_output=True
                    )
                whole = done.stdout[:4] == b"%PDF" or b"</html>" in done.stdout
                print(wanted, done.returncode, "whole" if whole else done.stderr.decode()[-300:])
            """,
        ),
        files={"/etc/ankerort/hub.toml": HUB_TOML, "/opt/report": to_text(freeze(town_report()))},
    )
    assert answers["inside"].split("\n") == ["pdf 0 whole", "html 0 whole"], answers.journal
