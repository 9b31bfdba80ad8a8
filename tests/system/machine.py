"""A machine that boots a real systemd in a second: Debian in a folder, in namespaces of its own (systemd-nspawn).

What can't be tried here: MemoryMax= and DeviceAllow= are not enforced in a container like this, there are no pins, and
no board. Needs root and, once for each release, a Debian mirror.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.parts.requirement import missing, require_program

REPOSITORY: Final = Path(__file__).parents[2]
KEPT: Final = REPOSITORY / "build/system"
"""Not below tests/: a whole Debian has tests of its own."""
PACKAGES: Final = {
    # The agent and the hub run in it, with this machine's Python 3.11 and its environment.
    "bookworm": ("python3-venv", "dbus", "mosquitto", "pcscd", "vsmartcard-vpcd"),
    # What is newest on Pis: its checkers read the files, and its pcscd asks polkit.
    "trixie": (
        "chrony", "dbus", "nftables", "pcscd", "polkitd", "python3-minimal", "python3-pyscard", "udev",
        "vsmartcard-vpcd",
    ),
}  # fmt: skip
LIFE_S: Final = 600
"""From boot to going out, also on a machine that does much else; a probe that hangs ends here."""

_PROBE_UNIT: Final = """\
[Unit]
Description=what a test asks this machine
After=multi-user.target
[Service]
ExecStart=/bin/bash /out/probe
ExecStopPost=/bin/sh -c 'journalctl --no-pager -o short-monotonic >/out/journal; systemctl --no-block poweroff'
TimeoutStopSec=20
"""
_PROGRAM: Final = """\
#!/opt/ankerort/bin/python3
from {package}.cli import main
main(prog_name="ankerort-{package}")
"""

FUNCTIONS: Final = """\
# until SECONDS COMMAND...: wait until it succeeds.
until_() { local end=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "waited in vain for: $*" >>/out/failed; return 1; }; sleep 0.2; done; }
# say NAME COMMAND...: keep what it says.
say() { local name=$1; shift; "$@" >"/out/$name" 2>&1; }
# show UNIT PROPERTY
show() { systemctl show --value -p "$2" "$1"; }
is() { [ "$(show "$1" "$2")" = "$3" ]; }
"""


@dataclass(frozen=True)
class Answers:
    """What a machine said before it went out.

    Args:
        folder: with a file for each thing that was kept.
    """

    folder: Path

    def __getitem__(self, name: str) -> str:
        file = self.folder / name
        return (
            file.read_text("utf-8", "replace").strip() if file.exists() else f"(nothing was kept as {name})"
        )

    @property
    def journal(self) -> str:
        """The whole journal."""
        return self["journal"]


class Machine:
    """One release of Debian as a file system; each boot begins with it as it was.

    Args:
        release: of Debian.
        folder: for what the boots say.
    """

    def __init__(self, release: str, folder: Path) -> None:
        if os.geteuid() != 0:
            missing("root", "systemd-nspawn needs it: sudo make system")
        self._nspawn = require_program("systemd-nspawn", "systemd-container")
        self.root = _file_system(release)
        self._folder, self._boots = folder, 0

    def boot(self, probe: str, *, files: dict[str, str] | None = None) -> Answers:
        """Boot, run a probe (bash, with `FUNCTIONS`), go out.

        Args:
            probe: keeps what it finds out with `say`.
            files: further files of the machine, by their path.

        Returns:
            What was kept, the journal included.
        """
        self._boots += 1
        out = self._folder / f"boot-{self._boots}"
        out.mkdir(parents=True)
        (out / "probe").write_text(f"{FUNCTIONS}\n{probe}\n")
        binds = [
            f"--bind={out}:/out",
            f"--bind-ro={REPOSITORY}:/opt/src",
            f"--bind-ro={_libraries()}:/opt/deps",
        ]
        for number, (path, text) in enumerate((files or {}).items()):
            (out / f"file-{number}").write_text(text)
            binds.append(f"--bind-ro={out}/file-{number}:{path}")
        command = [
            self._nspawn, "--quiet", f"--directory={self.root}", "--volatile=overlay", "--register=no", "--keep-unit",
            f"--machine=ankerort-{os.getpid()}-{self._boots}", "--private-network", "--console=read-only",
            # Asking for the clock's state is refused otherwise; setting it is, for want of a capability.
            "--system-call-filter=@clock", *binds, "--boot",
        ]  # fmt: skip
        with (out / "console").open("wb") as console:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=console)
            try:
                process.wait(LIFE_S)
            except subprocess.TimeoutExpired:
                # Its PID 1 goes with it, and everything in there with that.
                process.kill()
                process.wait()
                pytest.fail(f"the machine did not go out within {LIFE_S} s; see {out}", pytrace=False)
        answers = Answers(out)
        if (out / "failed").exists():
            pytest.fail(f"{answers['failed']}\n\n{answers.journal[-6000:]}", pytrace=False)
        return answers

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this release on its file system, without booting it."""
        called = ["chroot", str(self.root), *command]
        return subprocess.run(called, capture_output=True, text=True, timeout=60, check=False)


def _file_system(release: str) -> Path:
    """Return the folder with a release, made anew when what belongs into it has changed."""
    recipe = f"{PACKAGES[release]} {_PROBE_UNIT} {_PROGRAM} {sys.version_info[:2]}"
    root = KEPT / f"{release}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not root.exists():
        program = require_program("mmdebstrap", "mmdebstrap")
        unshare = require_program("unshare", "util-linux")
        beside = root.with_name(f"{root.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        packages = ",".join(("systemd", "systemd-sysv", *PACKAGES[release]))
        done = subprocess.run(
            [
                # What it mounts goes with it, also when it is killed.
                unshare, "--mount", program, "--quiet", "--variant=minbase", "--dpkgopt=force-unsafe-io",
                f"--include={packages}", release, str(beside),
            ],
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            missing(f"Debian {release}", f"mmdebstrap could not get it: {done.stderr[-500:]}")
        _prepare(beside, release)
        beside.rename(root)
    _refresh(root)
    return root


def _prepare(root: Path, release: str) -> None:
    (root / "etc/systemd/system/probe.service").write_text(_PROBE_UNIT)
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "probe.service").symlink_to("../probe.service")
    # nspawn checks that what is bound is there.
    for folder in ("opt/src", "opt/deps", "out"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    if release == "bookworm":
        if sys.version_info[:2] != (3, 11):
            missing(
                "Python 3.11",
                "Bookworm runs with this environment's libraries: make PYTHON=python3.11 …",
            )
        subprocess.run(
            ["chroot", root, "python3", "-m", "venv", "--without-pip", "/opt/ankerort"],
            check=True,
            timeout=60,
        )
        packages = root / "opt/ankerort/lib/python3.11/site-packages"
        (packages / "ankerort.pth").write_text("/opt/src\n/opt/deps\n")
        for package in ("hub", "device"):
            program = root / f"opt/ankerort/bin/ankerort-{package}"
            program.write_text(_PROGRAM.format(package=package))
            program.chmod(0o755)


def _refresh(root: Path) -> None:
    """Install the units as they are now, and compile the programs: in there nobody can write beside their sources."""
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", *(REPOSITORY / name for name in ("wire", "device", "hub"))],
        check=True, timeout=300,
    )  # fmt: skip
    for part in (("device", "hub"), ("web", "ingest", "jobs")):
        subprocess.run(
            [REPOSITORY / "systemd/install", *part],
            env={**os.environ, "DESTDIR": str(root)}, check=True, timeout=60, capture_output=True,
        )  # fmt: skip
    # Each test starts what it is about.
    for link in (root / "etc/systemd/system/multi-user.target.wants").glob("ankerort-*"):
        link.unlink()


def _libraries() -> Path:
    """Return the folder of the libraries of this environment."""
    import msgspec

    return Path(msgspec.__file__).parents[1]
