"""The command `update`: what it refuses, and a real environment made of a release's wheels alone.

systemd is played by a script; the trial itself has tests of its own.
"""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device import update
from device.cli import main
from device.releases import CURRENT, PROGRAM, Releases
from device.service import Agent, Seen
from wire.release import MANIFEST_FILE, Release, Wheel, sign_release, write_release_key

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PLAYED = """\
#!/bin/sh
echo "$*" >>"$PLAYED/calls"
case "$1 $2" in
"show ankerort-device.service") cat "$PLAYED/state" ;;
"start ankerort-device-trial.service") sh "$PLAYED/trial" ;;
esac
"""
CONNECTED = "ActiveState=active\nSubState=running\nNRestarts=0\nStatusText=connected to the broker\n"
# A program that is whole when its library is there, and can be made to refuse its settings.
CODE = """\
import sys
def main():
    print("ankerort-device, version {version}")
    sys.exit("settings: too old" if sys.argv[1] == "show-config" and {refuses} else 0)
"""


def write_wheel(folder: Path, version: str, *, refuses: bool = False) -> Path:
    """Write a wheel of a program that says its version, as the packaging specification has it."""
    info = f"ankerort-{version}.dist-info"
    files = {
        "played.py": CODE.format(version=version, refuses=refuses),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: ankerort\nVersion: {version}\nProvides-Extra: device\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\nankerort-device = played:main\n",
    }
    file = folder / f"ankerort-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"]))
    return file


class Pi:
    """A Pi on which 0.1.0 was installed by hand, and a release for it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.played, self.keys = folder / "opt", folder / "played", folder / "release.pub"
        (self.folder / "lib/python3.11/site-packages/ankerort-0.1.0.dist-info").mkdir(parents=True)
        (self.folder / CURRENT).symlink_to(".")
        (self.played / "bin").mkdir(parents=True)
        (self.played / "bin/systemctl").write_text(PLAYED)
        (self.played / "bin/systemctl").chmod(0o755)
        (self.played / "state").write_text(CONNECTED)
        self.trial(f"rm {self.folder}/trial; echo kept >{self.folder}/last-update")
        self.keys.write_text(write_release_key(KEY.public_key()))
        self.source = folder / "release"
        self.source.mkdir()

    def trial(self, script: str) -> None:
        (self.played / "trial").write_text(script)

    def make(self, version: str, key: Ed25519PrivateKey = KEY, *, refuses: bool = False) -> None:
        data = write_wheel(self.source, version, refuses=refuses).read_bytes()
        wheel = Wheel(
            name=f"ankerort-{version}-py3-none-any.whl",
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        release = Release(version=version, made_us=1, extras=("device",), wheels=(wheel,))
        (self.source / MANIFEST_FILE).write_bytes(sign_release(release, key))

    def update(self, *more: str) -> Result:
        paths = (self.source, "--keys", self.keys, "--folder", self.folder)
        return CliRunner().invoke(main, ["update", *map(str, paths), *more])

    def calls(self) -> list[str]:
        file = self.played / "calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pi:
    made = Pi(tmp_path)
    monkeypatch.setenv("PATH", f"{made.played}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PLAYED", str(made.played))
    return made


def untouched(pi: Pi) -> bool:
    return (pi.folder / CURRENT).readlink() == Path() and not any(
        call.startswith(("start", "restart")) for call in pi.calls()
    )


@pytest.mark.timeout(300)  # pip, on a machine that has other things to do
def test_a_release_becomes_an_environment_of_its_wheels_alone_and_runs(pi: Pi) -> None:
    pi.make("0.2.0")
    done = pi.update()
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "kept"), done.output
    assert pi.calls() == [
        "show ankerort-device.service --property=ActiveState,SubState,NRestarts,StatusText",
        "reset-failed ankerort-device.service",
        "restart --no-block ankerort-device.service",
        "start ankerort-device-trial.service",
    ]
    program = pi.folder / CURRENT / PROGRAM
    assert Releases(pi.folder).version() == "0.2.0"
    assert program.read_text().startswith(f"#!{pi.folder}/releases/0.2.0/bin/python")
    assert (pi.folder / "releases/0.2.0").stat().st_mode & 0o055 == 0o055, "the agent's user reads it"
    assert {path.name for path in (pi.folder / "releases/0.2.0").iterdir()} >= {"complete", "pyvenv.cfg"}
    assert not (pi.folder / "releases/0.2.0/wheels").exists()
    again = pi.update()
    assert (again.exit_code, again.output) == (0, "0.2.0 runs here already\n")


def test_a_release_that_can_not_read_the_settings_is_never_switched_to(
    pi: Pi, monkeypatch: pytest.MonkeyPatch
) -> None:
    pi.make("0.2.0", refuses=True)

    def build(folder: Path, _wheels: Path, _release: Release) -> None:
        (folder / PROGRAM).parent.mkdir()
        (folder / PROGRAM).write_text("#!/bin/sh\necho settings: too old >&2; exit 2\n")
        (folder / PROGRAM).chmod(0o755)

    monkeypatch.setattr(update, "build_program", build)
    done = pi.update()
    assert done.exit_code == 2
    assert "the one that runs is untouched: settings: too old" in done.output
    assert untouched(pi)
    assert list((pi.folder / "releases").iterdir()) == []


def test_when_the_one_before_is_back_the_status_is_1_and_it_says_why(
    pi: Pi, monkeypatch: pytest.MonkeyPatch
) -> None:
    pi.make("0.2.0")

    def build(folder: Path, _wheels: Path, release: Release) -> None:
        (folder / f"lib/python3.11/site-packages/ankerort-{release.version}.dist-info").mkdir(parents=True)
        (folder / PROGRAM).parent.mkdir()
        (folder / PROGRAM).write_text("#!/bin/sh\n")
        (folder / PROGRAM).chmod(0o755)

    monkeypatch.setattr(update, "build_program", build)
    pi.trial(
        f"ln -sfn . {pi.folder}/current; rm {pi.folder}/trial; echo it did not start >{pi.folder}/last-update"
    )
    done = pi.update()
    assert (done.exit_code, done.output.splitlines()[-1]) == (1, "it did not start")


def _older(pi: Pi) -> None:
    pi.make("0.0.9")


def _foreign(pi: Pi) -> None:
    pi.make("0.2.0", OTHER)


def _tampered(pi: Pi) -> None:
    pi.make("0.2.0")
    file = pi.source / MANIFEST_FILE
    file.write_bytes(file.read_bytes().replace(b'"version":"0.2.0"', b'"version":"0.3.0"'))


def _swapped(pi: Pi) -> None:
    pi.make("0.2.0")
    write_wheel(pi.source, "0.2.0", refuses=True)


def _without_manifest(_pi: Pi) -> None:
    pass


def _without_keys(pi: Pi) -> None:
    pi.make("0.2.0")
    pi.keys.unlink()


def _unlinked(pi: Pi) -> None:
    pi.make("0.2.0")
    (pi.played / "state").write_text(CONNECTED.replace("connected to", "no connection to"))


def _on_trial(pi: Pi) -> None:
    pi.make("0.2.0")
    (pi.folder / "trial").symlink_to("releases/0.1.5")


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_older, "is refused: 0.0.9 is older than 0.1.0"),
        (_foreign, "signed by somebody whose releases are not taken here"),
        (_tampered, "its manifest was changed after it was signed"),
        (_swapped, "is not the file that was signed"),
        (_without_manifest, "manifest.json: No such file or directory; name its folder"),
        (_without_keys, "put the public key of whoever makes your releases there"),
        (_unlinked, "mend that first, or take --without-link"),
        (_on_trial, "an update is on trial"),
    ],
)
def test_what_is_no_good_release_is_refused_in_one_line_and_nothing_changes(
    pi: Pi, harm: object, said: str
) -> None:
    assert callable(harm)
    harm(pi)
    done = pi.update()
    assert done.exit_code == 2
    assert said in done.output.splitlines()[-1]
    assert untouched(pi)
    folder = pi.folder / "releases"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_machine_without_the_service_is_told_to_install_it(pi: Pi) -> None:
    pi.make("0.2.0")
    (pi.folder / CURRENT).unlink()
    done = pi.update()
    assert done.exit_code == 2
    assert "systemd/install device" in done.output


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (CONNECTED, Seen(is_ready=True, has_ended=False, is_linked=True)),
        (
            "ActiveState=active\nNRestarts=0\nStatusText=\n",
            Seen(is_ready=True, has_ended=False, is_linked=False),
        ),
        ("ActiveState=activating\nSubState=start\nNRestarts=0\n", Seen(False, False, False)),
        ("ActiveState=activating\nSubState=auto-restart\nNRestarts=1\n", Seen(False, True, False)),
        ("ActiveState=active\nNRestarts=1\nStatusText=connected to the broker\n", Seen(True, True, True)),
        ("ActiveState=failed\nNRestarts=0\n", Seen(False, True, False)),
    ],
    ids=["works", "has no link", "starts", "starts again", "was started again", "failed"],
)
def test_what_systemd_says_is_understood(pi: Pi, text: str, seen: Seen) -> None:
    (pi.played / "state").write_text(text)
    assert Agent().look() == seen


def test_nothing_on_trial_is_said(pi: Pi) -> None:
    done = CliRunner().invoke(main, ["finish-update", "--folder", str(pi.folder)])
    assert (done.exit_code, done.output) == (0, "no release is on trial\n")
