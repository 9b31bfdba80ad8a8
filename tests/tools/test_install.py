"""The installation says what is wrong with a machine, and what to do, before it changes anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A Python as the script sees it: what it answers to its three questions.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
--version) echo "Python {version}" ;;
*version_info*) exit {supported} ;;
*ensurepip*) exit {venv} ;;
*) echo "unexpected: $*" >&2; exit 99 ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What the script needs of the project, without an environment."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder of programs that holds no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "cksum", "dirname", "grep", "sed", "rm", "id"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def add(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")
    (folder / name).chmod(0o755)


def fake_python(version: str, *, supported: bool = True, venv: bool = True) -> str:
    return FAKE_PYTHON.format(version=version, supported=int(not supported), venv=int(not venv))


def install(project: Path, tools: Path, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [project / "requirements/install.sh", "demo"],
        env={"PATH": str(tools), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_a_machine_without_python_is_told_what_to_install(project: Path, tools: Path) -> None:
    status, message = install(project, tools)
    assert status == 1
    assert "there is no python3" in message
    assert "apt install python3 python3-venv" in message
    assert not (project / ".venv").exists()


def test_a_python_that_is_too_old_is_named_with_the_remedy(project: Path, tools: Path) -> None:
    add(tools, "python3", fake_python("3.9.2", supported=False))
    status, message = install(project, tools)
    assert status == 1
    assert "python3 is Python 3.9.2: Python 3.11, 3.12 or 3.13 is needed" in message
    assert "make PYTHON=" in message


def test_a_newer_python_beside_an_old_one_is_found(project: Path, tools: Path) -> None:
    add(tools, "python3", fake_python("3.9.2", supported=False))
    add(tools, "python3.12", fake_python("3.12.1", venv=False))
    status, message = install(project, tools)
    assert status == 1
    assert "python3.12 can't make environments" in message


@pytest.mark.parametrize(
    ("version", "supported", "words"),
    [
        pytest.param(
            "3.14.0", False, "python3.14 is Python 3.14.0: Python 3.11, 3.12 or 3.13 is needed", id="too new"
        ),
        pytest.param(None, False, "there is no python3.14 (from PYTHON=python3.14)", id="not there"),
    ],
)
def test_a_python_named_by_hand_is_taken_or_refused_by_name(
    project: Path, tools: Path, version: str | None, supported: bool, words: str
) -> None:
    add(tools, "python3", fake_python("3.11.2"))
    if version is not None:
        add(tools, "python3.14", fake_python(version, supported=supported))
    status, message = install(project, tools, PYTHON="python3.14")
    assert status == 1
    assert words in message


def test_a_python_without_venv_is_told_which_package_to_install(project: Path, tools: Path) -> None:
    add(tools, "python3", fake_python("3.11.2", venv=False))
    status, message = install(project, tools)
    assert status == 1
    assert "venv or ensurepip is missing (Debian, Ubuntu: apt install python3-venv)" in message


def test_a_folder_in_the_way_is_not_removed(project: Path, tools: Path) -> None:
    add(tools, "python3", fake_python("3.11.2"))
    (project / ".venv").mkdir()
    (project / ".venv/precious").touch()
    status, message = install(project, tools)
    assert status == 1
    assert "move it aside" in message
    assert (project / ".venv/precious").exists()


DPKG_QUERY = """#!/bin/sh
for word; do last="$word"; done
case " {installed} " in *" $last "*) echo installed ;; *) exit 1 ;; esac
"""
APT_GET = """#!/bin/sh
echo "$DEBIAN_FRONTEND apt-get $*" >>"{log}"
exit {status}
"""


def packages() -> list[str]:
    lines = (ROOT / "tests/system-packages.txt").read_text(encoding="utf-8").splitlines()
    return [name for line in lines if (name := line.partition("#")[0].strip())]


class Debian:
    """A Debian that has some packages, seen through the two programs that the script asks."""

    def __init__(
        self, folder: Path, tools: Path, installed: list[str], *, uid: int = 0, status: int = 0
    ) -> None:
        self.log = folder / "apt.log"
        self.log.touch()
        self.tools = tools
        add(tools, "dpkg-query", DPKG_QUERY.format(installed=" ".join(installed)))
        add(tools, "apt-get", APT_GET.format(log=self.log, status=status))
        (tools / "id").unlink()
        add(tools, "id", f"#!/bin/sh\necho {uid}\n")
        env = shutil.which("env")
        assert env is not None
        (tools / "env").symlink_to(env)

    def install(self, *, require_all: bool = False) -> tuple[int, str]:
        """Run the script; the file that keeps services from starting is there already, so none is written."""
        script = ROOT / "tests/tools/install_system_packages.sh"
        text = script.read_text(encoding="utf-8").replace("/usr/sbin/policy-rc.d", os.devnull)
        copy = self.tools.parent / "tests/tools/install.sh"
        copy.parent.mkdir(parents=True)
        copy.write_text(text, encoding="utf-8")
        shutil.copy(ROOT / "tests/system-packages.txt", self.tools.parent / "tests")
        done = subprocess.run(
            ["sh", copy],
            env={"PATH": str(self.tools), "ANKERORT_REQUIRE_ALL": str(int(require_all))},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr


def test_nothing_is_done_when_no_debian_package_is_missing(tmp_path: Path, tools: Path) -> None:
    debian = Debian(tmp_path, tools, packages(), status=1)
    assert debian.install(require_all=True) == (0, "")
    assert debian.log.read_text() == ""


def test_root_installs_what_is_missing_and_only_that_without_questions(tmp_path: Path, tools: Path) -> None:
    debian = Debian(tmp_path, tools, packages()[2:])
    assert debian.install(require_all=True)[0] == 0
    update, install_line = debian.log.read_text().splitlines()
    assert update.startswith("noninteractive apt-get")
    assert update.endswith(" update")
    assert install_line.endswith(f" install --no-install-recommends {packages()[0]} {packages()[1]}")


@pytest.mark.parametrize(
    ("uid", "apt_status", "require_all", "status", "words"),
    [
        pytest.param(
            0, 100, False, 0, "apt-get could not install: mosquitto", id="apt fails: tests will skip"
        ),
        pytest.param(0, 100, True, 1, "nothing may be missing", id="apt fails where nothing may be missing"),
        pytest.param(1000, 0, False, 0, "sudo apt-get install mosquitto", id="a user without sudo is told"),
        pytest.param(
            1000, 0, True, 1, "sudo apt-get install mosquitto", id="the same where nothing may be missing"
        ),
    ],
)
def test_what_could_not_be_installed_is_said(
    tmp_path: Path, tools: Path, uid: int, apt_status: int, require_all: bool, status: int, words: str
) -> None:
    debian = Debian(
        tmp_path, tools, [name for name in packages() if name != "mosquitto"], uid=uid, status=apt_status
    )
    got, message = debian.install(require_all=require_all)
    assert (got, words in message) == (status, True), message


def test_a_machine_without_apt_is_told_where_the_list_is(tmp_path: Path, tools: Path) -> None:
    debian = Debian(tmp_path, tools, [])
    (tools / "apt-get").unlink()
    status, message = debian.install()
    assert status == 0
    assert "tests/system-packages.txt by hand" in message
