"""The system's settings of a Pi: each says why, is put in place once, and is read by its own checker."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.parts.requirement import require_program

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_config"
FILES = sorted(
    str(path.relative_to(FIRMWARE)) for path in FIRMWARE.glob("*/*") if path.parent.name != "mosquitto"
)
OURS = (
    "boot/ankerort.txt", "boot/cmdline-words.txt", "chrony/ankerort.conf", "journald/ankerort.conf",
    "modprobe.d/ankerort-reader.conf", "nftables/ankerort-device.nft", "nftables/ankerort-hub.nft",
    "polkit/50-ankerort-cards.rules", "read-only/fstab", "sysctl.d/90-ankerort.conf",
    "system.conf.d/ankerort.conf", "udev/60-ankerort.rules",
)  # fmt: skip
COMMENT = ("#", "//")
CONFIG_TXT = "# of Raspberry Pi OS\ndtparam=audio=on\n[cm4]\notg_mode=1\n[all]"
CMDLINE_TXT = "console=tty1 root=PARTUUID=1-02 rootfstype=ext4 fsck.repair=yes rootwait\n"
# What the firmware knows of what we set (raspberrypi.com, config.txt); a misspelt word would be passed over in silence.
FIRMWARE_KEYS = {
    "dtparam", "dtoverlay", "gpio", "enable_uart", "camera_auto_detect", "display_auto_detect",
    "usb_max_current_enable", "hdmi_ignore_hotplug", "disable_splash",
}  # fmt: skip


def install(root: Path, *what: str) -> subprocess.CompletedProcess[str]:
    """Put the settings into a folder."""
    return subprocess.run(
        [FIRMWARE / "install", *what],
        env={**os.environ, "DESTDIR": str(root)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    """Return a folder that looks like a freshly flashed card."""
    boot = tmp_path / "boot/firmware"
    boot.mkdir(parents=True)
    (boot / "config.txt").write_text(CONFIG_TXT)
    (boot / "cmdline.txt").write_text(CMDLINE_TXT)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/nftables.conf").write_text("flush ruleset\n")
    return tmp_path


def everything(root: Path) -> dict[str, bytes]:
    """Return each file below a folder with its content."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_all_files_are_there() -> None:
    assert set(FILES) >= set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_a_file_says_what_it_is_for_and_each_group_of_settings_why(name: str) -> None:
    lines = (FIRMWARE / name).read_text("utf-8").removeprefix("#!/usr/sbin/nft -f\n").splitlines()
    assert lines[0].startswith(COMMENT)
    if Path(name).suffix in {".nft", ".rules"}:
        return
    groups = re.split(r"\n\s*\n", "\n".join(lines[1:]))
    silent = [group for group in groups if not any(line.startswith(COMMENT) for line in group.splitlines())]
    # A heading of a section needs no reason.
    assert [group for group in silent if group.strip() and not re.fullmatch(r"\[\w+\]", group.strip())] == []


@pytest.mark.parametrize("what", ["device", "hub"])
def test_the_firewall_is_one_that_nft_takes_and_can_be_loaded_again(what: str) -> None:
    nft = require_program("nft", "nftables")
    unshare = require_program("unshare", "util-linux")
    rules = FIRMWARE / f"nftables/ankerort-{what}.nft"
    # In a network of its own, where the rules meet nobody.
    script = f"{nft} -f {rules} && {nft} -f {rules} && {nft} list table inet ankerort"
    done = subprocess.run(
        [unshare, "-rn", "sh", "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("policy drop;") == 2
    assert ("8883" in done.stdout, "443" in done.stdout) == (what == "hub", what == "hub")


def test_the_firmware_knows_every_word_that_is_set() -> None:
    text = (FIRMWARE / "boot/ankerort.txt").read_text()
    lines = re.findall(r"^#?([a-z_]+)=(\S+)$", text, re.MULTILINE)
    assert len(lines) > 10
    assert {key for key, _ in lines} <= FIRMWARE_KEYS


def test_the_pin_that_is_held_from_the_first_moment_on_is_that_of_the_lock_in_the_docs() -> None:
    (pin,) = re.findall(r"^gpio=(\d+)=ip,pd$", (FIRMWARE / "boot/ankerort.txt").read_text(), re.MULTILINE)
    assert f"lock_pin = {pin}" in (ROOT / "docs/how-to/wire-a-door.md").read_text("utf-8")


def test_a_device_gets_its_settings_and_keeps_what_the_card_had(pi: Path) -> None:
    done = install(pi, "device")
    assert done.returncode == 0, done.stderr
    config = (pi / "boot/firmware/config.txt").read_text()
    assert config == CONFIG_TXT + "\n[all]\ninclude ankerort.txt\n"
    assert (pi / "boot/firmware/ankerort.txt").read_bytes() == (FIRMWARE / "boot/ankerort.txt").read_bytes()
    words = (pi / "boot/firmware/cmdline.txt").read_text()
    assert words == CMDLINE_TXT.strip() + " cgroup_enable=memory panic=10\n"
    assert (pi / "etc/nftables.conf").read_text().splitlines() == [
        "flush ruleset", 'include "/etc/ankerort/firewall.nft"',
    ]  # fmt: skip
    assert "8883" not in (pi / "etc/ankerort/firewall.nft").read_text()
    for name in ("modprobe.d/ankerort-reader.conf", "udev/rules.d/60-ankerort.rules"):
        assert (pi / "etc" / name).exists()


def test_a_hub_gets_no_settings_of_readers_and_pins(pi: Path) -> None:
    assert install(pi, "hub").returncode == 0
    assert "8883" in (pi / "etc/ankerort/firewall.nft").read_text()
    names = everything(pi)
    assert "etc/systemd/journald.conf.d/ankerort.conf" in names
    assert not [name for name in names if "udev" in name or "polkit" in name or "modprobe" in name]
    assert (pi / "boot/firmware/config.txt").read_text() == CONFIG_TXT


@pytest.mark.parametrize("what", ["device", "hub"])
def test_a_second_installation_changes_nothing(pi: Path, what: str) -> None:
    install(pi, what)
    before = everything(pi)
    assert install(pi, what).returncode == 0
    assert everything(pi) == before


def test_an_installation_that_was_cut_short_is_finished_by_the_next(pi: Path) -> None:
    install(pi, "device")
    whole = everything(pi)
    # The include stands, its file does not; a replacement was begun and not put in place.
    (pi / "boot/firmware/ankerort.txt").unlink()
    (pi / "boot/firmware/cmdline.txt.new").write_text("conso")
    (pi / "boot/firmware/cmdline.txt").write_text(CMDLINE_TXT)
    shutil.rmtree(pi / "etc/udev")
    assert install(pi, "device").returncode == 0
    assert everything(pi) == whole


def test_a_machine_that_is_no_pi_has_no_boot_partition_and_that_is_right(tmp_path: Path) -> None:
    assert install(tmp_path, "hub").returncode == 0
    assert not (tmp_path / "boot").exists()


def test_what_a_machine_is_must_be_said(tmp_path: Path) -> None:
    done = install(tmp_path)
    assert (done.returncode, "device or hub" in done.stderr) == (2, True)
    assert everything(tmp_path) == {}


def test_a_root_that_is_never_written_keeps_what_the_agent_writes() -> None:
    lines = (FIRMWARE / "read-only/fstab").read_text().splitlines()
    mounts = [line.split() for line in lines if line and not line.startswith("#")]
    assert {len(mount) for mount in mounts} == {6}
    first, *rest = mounts
    assert first[1] == "/persistent"
    assert all(mount[0].startswith("/persistent/") and "bind" in mount[3] for mount in rest)
    unit = (ROOT / "systemd/ankerort-device.service").read_text()
    (state,) = re.findall(r"^StateDirectory=(.*)$", unit, re.MULTILINE)
    assert {f"/var/lib/{state}", "/etc/ankerort"} <= {mount[1] for mount in rest}
