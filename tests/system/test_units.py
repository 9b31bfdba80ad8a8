"""The units as systemd itself reads them; `make system` starts them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from device.enrol import GROUP
from device.releases import FOLDER
from device.service import AGENT, TRIAL
from device.trial import HEALTHY_S, START_S
from hub.authority.broker_files import HUB_USER
from hub.cli import COMMANDS
from hub.config import HubSettings
from tests.parts.requirement import require_program

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "systemd"
COMMON = "ankerort-.service.d/10-common.conf"
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))
TIMERS = sorted(path.name for path in SYSTEMD.glob("*.timer"))
PARTS = {
    "device": {"ankerort-device.service", "ankerort-device-trial.service"},
    "hub": {"ankerort-hub.service", "ankerort-hub-migrate.service", "ankerort-hub-broker.service"},
    "broker": {"ankerort-hub-broker.service"},
    "web": {"ankerort-hub-web.service", "ankerort-hub-migrate.service"},
    "ingest": {"ankerort-hub-ingest.service", "ankerort-hub-migrate.service"},
    "jobs": {"ankerort-hub-jobs.service", "ankerort-hub-migrate.service"},
}
PROGRAMS = re.compile(r"/opt/ankerort/(?:current/|before/)?bin/")
THRESHOLD = 15
"""Ten times the exposure that systemd-analyze may find (issue E, must show 1)."""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return a folder with the units, whose programs are there: systemd-analyze looks for them."""
    shutil.copytree(SYSTEMD, tmp_path / "units")
    for program in ("ankerort-hub", "ankerort-device"):
        (tmp_path / program).symlink_to("/bin/true")
    for unit in (tmp_path / "units").glob("*.service"):
        unit.write_text(PROGRAMS.sub(f"{tmp_path}/", unit.read_text()))
    return tmp_path / "units"


def analyze(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = require_program("systemd-analyze", "systemd")
    return subprocess.run(
        [program, "--no-pager", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def values(text: str, key: str) -> list[str]:
    """Return what a unit says of a key, each time."""
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("unit", UNITS + TIMERS)
def test_systemd_has_nothing_to_say_about_a_unit(units: Path, unit: str) -> None:
    done = analyze("verify", "--man=no", "--recursive-errors=no", f"./{unit}", folder=units)
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_name_what_is_wrong_with_a_unit(units: Path) -> None:
    unit = units / "ankerort-device.service"
    unit.write_text(unit.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    done = analyze("verify", "--man=no", "--recursive-errors=no", f"./{unit.name}", folder=units)
    assert done.returncode != 0
    assert "WatchdogSecs" in done.stderr


@pytest.mark.parametrize("unit", UNITS)
def test_a_service_is_exposed_to_little(units: Path, unit: str) -> None:
    done = analyze("security", "--offline=yes", f"--threshold={THRESHOLD}", f"./{unit}", folder=units)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS)
def test_a_service_that_runs_tells_systemd_that_it_works_and_never_gives_up(unit: str) -> None:
    text, common = (SYSTEMD / unit).read_text(), (SYSTEMD / COMMON).read_text()
    if values(text, "Type") == ["oneshot"]:
        # It has no loop, and systemd refuses to start one again and again that came to its end.
        assert values(text, "WatchdogSec") == []
        assert values(text, "Restart") == (["on-failure"] if unit == TRIAL else [])
        return
    assert values(text, "Type") == ["notify"]
    assert len(values(text, "WatchdogSec")) == len(values(text, "RestartSec")) == 1
    assert values(text, "Restart") == ["always"]
    assert values(common, "StartLimitIntervalSec") == ["0"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_service_has_a_bound_of_memory_and_tasks(unit: str) -> None:
    text = (SYSTEMD / unit).read_text()
    assert len(values(text, "MemoryMax")) == len(values(text, "TasksMax")) == 1


def test_only_the_renewal_of_certificates_and_the_way_back_run_as_root_and_need_to() -> None:
    users = {name: values((SYSTEMD / name).read_text(), "User") for name in UNITS}
    agent, hub = (
        re.findall(rf"^u ({name}) ", (SYSTEMD / "sysusers.d/ankerort.conf").read_text(), re.MULTILINE)
        for name in ("ankerort-device", "ankerort-hub")
    )
    assert (agent, hub) == ([GROUP], [HUB_USER]), "as enrolment and `ankerort-hub broker` give files away"
    own = {"ankerort-device.service": agent, TRIAL: ["root"], "ankerort-hub-broker.service": ["root"]}
    assert users == dict.fromkeys(UNITS, hub) | own


def test_what_is_made_for_backups_and_the_broker_can_be_written() -> None:
    settings = HubSettings()
    renewal = (SYSTEMD / "ankerort-hub-broker.service").read_text()
    (written,) = values(renewal, "ReadWritePaths")
    mine = settings.provisioning
    for folder in (mine.authority_folder, mine.bundle_folder, mine.broker_folder, mine.hub_folder):
        assert any(folder.is_relative_to(place.lstrip("-")) for place in written.split()), folder
    assert values(renewal, "ConditionPathExists") == [str(mine.authority_folder)]
    for name in ("ankerort-hub.service", "ankerort-hub-jobs.service"):
        (state,) = values((SYSTEMD / name).read_text(), "StateDirectory")
        assert settings.backup.folder.is_relative_to(Path("/var/lib", state))
        assert values((SYSTEMD / name).read_text(), "ReadWritePaths") == ["-/media -/mnt"]


def test_only_who_signs_has_the_hubs_keys() -> None:
    with_keys = {
        name
        for name in UNITS
        if "secrets/keys" in "".join(values((SYSTEMD / name).read_text(), "LoadCredential"))
    }
    assert with_keys == {"ankerort-hub.service", "ankerort-hub-jobs.service"}


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_a_command_that_is_there(unit: str) -> None:
    (line,) = values((SYSTEMD / unit).read_text(), "ExecStart")
    folder, _, called = line.partition("bin/")
    program, command = called.split()
    device = {("/opt/ankerort/current/", "run"), ("/opt/ankerort/before/", "finish-update")}
    assert (program == "ankerort-device" and (folder, command) in device) or (
        (folder, program) == ("/opt/ankerort/", "ankerort-hub") and command in COMMANDS
    )


def test_the_release_before_judges_at_each_boot_while_one_is_on_trial() -> None:
    text = (SYSTEMD / TRIAL).read_text()
    assert values(text, "ConditionPathIsSymbolicLink") == [f"{FOLDER}/trial"]
    assert values(text, "ReadWritePaths") == [str(FOLDER)]
    assert values(text, "After") == [AGENT]
    (allowed_min,) = values(text, "TimeoutStartSec")
    assert int(allowed_min.removesuffix("min")) * 60 > 2 * (START_S + HEALTHY_S)
    (start_s,) = values((SYSTEMD / AGENT).read_text(), "TimeoutStartSec")
    (watchdog_s,) = values((SYSTEMD / AGENT).read_text(), "WatchdogSec")
    assert int(start_s) < START_S
    assert 3 * int(watchdog_s) < HEALTHY_S


@pytest.mark.parametrize("part", PARTS)
def test_what_is_installed_is_what_a_part_needs(part: str, tmp_path: Path) -> None:
    done = install(tmp_path, part)
    assert done.returncode == 0, done.stderr
    system = tmp_path / "etc/systemd/system"
    assert {path.name for path in system.glob("*.service")} == PARTS[part]
    wanted = {path.name for path in system.glob("multi-user.target.wants/*")}
    assert wanted == PARTS[part] - {"ankerort-hub-migrate.service", "ankerort-hub-broker.service"}
    timers = {path.name for path in system.glob("timers.target.wants/*")}
    has_broker = "ankerort-hub-broker.service" in PARTS[part]
    assert timers == ({"ankerort-hub-broker.timer"} if has_broker else set())
    assert (system / "mosquitto.service.d/ankerort.conf").exists() == has_broker
    assert (system / COMMON).exists()
    program = "ankerort-device" if part == "device" else "ankerort-hub"
    assert [path.name for path in (tmp_path / "usr/local/bin").iterdir()] == [program]
    folder = "/opt/ankerort/current/bin" if part == "device" else "/opt/ankerort/bin"
    assert (tmp_path / "usr/local/bin" / program).readlink() == Path(folder, program)
    assert (tmp_path / "opt/ankerort/current").readlink() == Path()
    names = {line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert names >= {"ankerort-device", "ankerort-hub"}
    for folder in ("device", "hub", "keys"):
        assert (tmp_path / "etc/ankerort/secrets" / folder).is_dir()
    assert (tmp_path / "etc/ankerort/secrets").stat().st_mode & 0o777 == 0o700


def test_a_second_installation_changes_nothing_and_closes_what_stood_open(tmp_path: Path) -> None:
    install(tmp_path, "hub")
    key = tmp_path / "etc/ankerort/secrets/keys/keys.json"
    key.write_text("{}")
    key.chmod(0o644)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert install(tmp_path, "hub").returncode == 0
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((), "say what this machine is"),
        (("door",), "there is no part 'door'"),
        (("hub", "web"), "name either it, or its parts"),
        (("jobs", "ingest", "hub"), "name either it, or its parts"),
    ],
)
def test_parts_that_make_no_machine_are_refused(tmp_path: Path, parts: tuple[str, ...], said: str) -> None:
    done = install(tmp_path, *parts)
    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.rglob("*.service"))


def install(root: Path, *parts: str) -> subprocess.CompletedProcess[str]:
    """Install parts into a folder that has no system of its own: systemd's version is then this machine's."""
    require_program("systemd-sysusers", "systemd")
    if os.geteuid() != 0:
        pytest.skip("only root can make the folders of other users")
    fake = root.parent / f"{root.name}-bin"
    fake.mkdir(exist_ok=True)
    chroot = fake / "chroot"
    chroot.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    chroot.chmod(0o755)
    return subprocess.run(
        [SYSTEMD / "install", *parts],
        env={**os.environ, "DESTDIR": str(root), "PATH": f"{fake}:{os.environ['PATH']}:/usr/sbin:/sbin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
