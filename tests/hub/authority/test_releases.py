"""Making releases: wheels are copied, listed and signed; what devices could not use is refused."""

import hashlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hub.cli import main
from wire.release import MANIFEST_FILE, read_release_keys, verify_release


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["release", *map(str, arguments)])


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("ankerort-0.2.0-py3-none-any.whl", "click-8.1.8-py3-none-any.whl"):
        (folder / name).write_bytes(name.encode())
    (folder / "notes.txt").write_text("not a part of it")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    done = run("key", "--out", tmp_path / "release.key")
    assert done.exit_code == 0, done.output
    (tmp_path / "release.pub").write_text(done.output.splitlines()[-1])
    return tmp_path / "release.key"


def test_a_release_has_the_wheels_and_a_manifest_that_the_printed_key_verifies(
    tmp_path: Path, wheels: Path, key: Path
) -> None:
    done = run("make", "--wheels", wheels, "--key", key, "--out", tmp_path / "out")
    assert (done.exit_code, done.output) == (
        0,
        f"{tmp_path}/out/ankerort-0.2.0: version 0.2.0, 2 wheels, signed\n",
    )
    made = tmp_path / "out/ankerort-0.2.0"
    release = verify_release((made / MANIFEST_FILE).read_bytes(), read_release_keys(tmp_path / "release.pub"))
    assert release.extras == ("device", "reader")
    for wheel in release.wheels:
        data = (made / wheel.name).read_bytes()
        assert (wheel.size_bytes, wheel.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert {path.name for path in made.iterdir()} == {
        MANIFEST_FILE,
        *(wheel.name for wheel in release.wheels),
    }


def test_the_key_is_its_owners_alone_and_never_overwritten(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    assert run("key", "--out", key).exit_code == 2
    assert key.read_bytes() == before


def test_a_release_is_made_once(tmp_path: Path, wheels: Path, key: Path) -> None:
    call = ("make", "--wheels", wheels, "--key", key, "--out", tmp_path)
    assert run(*call).exit_code == 0
    before = (tmp_path / "ankerort-0.2.0" / MANIFEST_FILE).read_bytes()
    again = run(*call)
    assert again.exit_code == 2
    assert "a release is made once; raise the version" in again.output
    assert (tmp_path / "ankerort-0.2.0" / MANIFEST_FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "has none"),
        (["ankerort-0.2.0-py3-none-any.whl", "ankerort-0.3.0-py3-none-any.whl"], "has 0.2.0, 0.3.0"),
        (["ankerort-0.2.0rc1-py3-none-any.whl"], "is not three numbers"),
        (["ankerort-0.2.0-py3-none-any.whl", "two words.whl"], "check the names"),
    ],
    ids=["no wheel of ours", "two versions", "a candidate", "a name that is no wheel's"],
)
def test_what_makes_no_release_is_refused_and_leaves_nothing(
    tmp_path: Path, key: Path, names: list[str], said: str
) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x")
    done = run("make", "--wheels", folder, "--key", key, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
    assert not list((tmp_path / "out").glob("*"))


def test_a_file_that_is_no_key_is_refused_without_its_content(tmp_path: Path, wheels: Path) -> None:
    file = tmp_path / "release.key"
    file.write_text("hunter2")
    file.chmod(0o600)
    done = run("make", "--wheels", wheels, "--key", file, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "is no key of `ankerort-hub release key`" in done.output
    assert "hunter2" not in done.output
