"""The first-boot script: from a card to a service that runs, again and again, and after a power cut at any step.

What it calls of the system is played, and so is the enrolment, which has tests of its own.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hub.authority.broker_files import shipped

SCRIPT = shipped("firmware_config", "first-boot/ankerort-first-boot")

# Each played program notes its call; the one whose turn it is ends the script, as a pulled plug would.
PLAYED = """\
#!/bin/sh
name="${0##*/}"
echo "$name $*" >> "$PLAYED/calls"
read -r count < "$PLAYED/count"
echo $((count + 1)) > "$PLAYED/count"
if [ $((count + 1)) = "$CUT_AT" ]; then kill -9 0; fi
case "$name $1" in
    "dpkg-query "*) shift 2; [ ! -e "$PLAYED/installed" ] || printf "<%s installed>" "$@" ;;
    "apt-get -q") case "$*" in *install*) touch "$PLAYED/installed" ;; esac ;;
    "chroot "*) shift; exec "$@" ;;
    "systemctl --version") echo "systemd 257 (257.9-1)" ;;
    "systemd-sysusers "*) touch "$PLAYED/user" ;;
    "python3 -m") mkdir -p "$3/bin"; cp "$0" "$3/bin/pip" ;;
    "pip install") cp "$0" "${0%/*}/ankerort-device" ;;
    "ankerort-device enrol") mkdir -p "$4"; cp "$2" "$4/device.toml"; rm "$2" ;;
    "systemctl --no-block") touch "$PLAYED/rebooted" ;;
    "systemctl restart")
        [ -e "$PLAYED/user" ] || exit 1
        cp "$ANKERORT_ROOT/etc/ankerort/device.toml" "$PLAYED/running" ;;
esac
"""
PROGRAMS = (
    "apt-get", "chroot", "dpkg", "dpkg-query", "python3", "sync", "systemctl", "systemd-sysusers", "systemd-tmpfiles",
)  # fmt: skip


BEHIND_THE_MARK = ["sync ", "systemctl --no-block reboot"]


class Pi:
    def __init__(self, folder: Path) -> None:
        self.boot, self.root, self.played = folder / "boot", folder / "root", folder / "played"
        (self.played / "bin").mkdir(parents=True)
        self.boot.mkdir()
        self.root.mkdir()
        for name in PROGRAMS:
            (self.played / "bin" / name).write_text(PLAYED)
            (self.played / "bin" / name).chmod(0o755)
        self.give("first")
        for name in ("config.txt", "cmdline.txt"):
            (self.boot / name).write_text("quiet\n")
        for name in ("systemd", "firmware_config"):
            shutil.copytree(
                shipped(name, "install").parent, self.boot / "ankerort" / name, copy_function=shutil.copyfile
            )

    def give(self, bundle: str) -> None:
        (self.boot / "ankerort.bundle").write_text(bundle)

    def run(self, cut_at: int = 0) -> subprocess.CompletedProcess[str]:
        (self.played / "calls").write_text("")
        (self.played / "count").write_text("0\n")
        return subprocess.run(
            ["/bin/sh", SCRIPT],
            env={
                "PATH": f"{self.played / 'bin'}:{os.environ['PATH']}",
                "PLAYED": str(self.played),
                "CUT_AT": str(cut_at),
                "ANKERORT_BOOT": str(self.boot),
                "ANKERORT_ROOT": str(self.root),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            start_new_session=True,  # so that "kill 0" means the script, and what it called
        )

    def calls(self) -> list[str]:
        return (self.played / "calls").read_text().splitlines()

    @property
    def is_done(self) -> bool:
        return (self.root / "var/lib/ankerort-first-boot/done").exists()

    def running(self) -> str:
        """What the service was started with."""
        return (self.played / "running").read_text()


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_a_card_makes_a_service_that_runs(pi: Pi) -> None:
    done = pi.run()
    assert done.returncode == 0, done.stderr
    assert (pi.running(), pi.is_done) == ("first", True)
    assert not (pi.boot / "ankerort.bundle").exists()
    units = pi.root / "etc/systemd/system"
    for name in ("ankerort-device.service", "ankerort-.service.d/10-common.conf"):
        assert (units / name).read_text() == shipped("systemd", name).read_text()
    assert (pi.root / "etc/polkit-1/rules.d/50-ankerort-cards.rules").exists()
    assert "include ankerort.txt" in (pi.boot / "config.txt").read_text()
    assert f"systemctl --root={pi.root} --quiet enable nftables.service" in pi.calls()


def test_what_counts_from_the_next_boot_on_counts_at_once_for_the_pi_starts_anew_and_once_only(
    pi: Pi,
) -> None:
    pi.run()
    assert pi.calls()[-1] == "systemctl --no-block reboot"
    pi.give("second")
    pi.run()
    assert [call for call in pi.calls() if "reboot" in call] == []


def test_called_again_it_installs_nothing_twice(pi: Pi) -> None:
    pi.run()
    assert pi.run().returncode == 0
    assert [call for call in pi.calls() if call.startswith(("apt-get", "pip", "python3"))] == []
    assert pi.running() == "first"


def test_another_card_in_the_same_pi_counts_at_once(pi: Pi) -> None:
    pi.run()
    pi.give("second")
    assert pi.run().returncode == 0
    assert pi.running() == "second"


def test_wheels_on_the_card_are_preferred_to_the_index(pi: Pi) -> None:
    (pi.boot / "ankerort-wheels").mkdir()
    pi.run()
    assert f"pip install --quiet --find-links {pi.boot}/ankerort-wheels ankerort[device,reader]" in pi.calls()


def test_a_power_cut_at_any_step_is_made_good_by_the_next_boot(tmp_path: Path) -> None:
    whole = Pi(tmp_path / "whole")
    whole.run()
    steps = len(whole.calls())
    assert steps > 20
    assert whole.calls()[-2:] == BEHIND_THE_MARK
    for step in range(1, steps + 1):
        pi = Pi(tmp_path / str(step))
        assert pi.run(step).returncode == -9
        # What stands behind the mark is the start that a power cut brings anyway.
        assert pi.is_done == (step > steps - len(BEHIND_THE_MARK))
        again = pi.run()
        assert again.returncode == 0, f"after a cut at {whole.calls()[step - 1]}: {again.stderr}"
        assert (pi.running(), pi.is_done) == ("first", True)
        shutil.rmtree(tmp_path / str(step))


def test_a_card_without_a_bundle_says_what_is_missing(pi: Pi) -> None:
    (pi.boot / "ankerort.bundle").unlink()
    done = pi.run()
    assert done.returncode == 1
    assert "ankerort-hub device card" in done.stderr
    assert pi.calls() == [], "and nothing was touched"


def test_a_failed_step_is_tried_again_by_the_service(pi: Pi) -> None:
    (pi.played / "bin" / "apt-get").write_text("#!/bin/sh\nexit 100\n")
    assert pi.run().returncode == 100
    assert not pi.is_done
    unit = shipped("firmware_config", "cloud-init/user-data").read_text()
    assert "Restart=on-failure" in unit
    assert "ConditionPathExists=|!/var/lib/ankerort-first-boot/done" in unit
    assert "ConditionPathExists=|/boot/firmware/ankerort.bundle" in unit
