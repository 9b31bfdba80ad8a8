"""The wheel has everything that the programs read at run time, and nothing of the tests."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("wire", "device", "hub")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel of the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def sources() -> set[str]:
    """Every file of the three packages, but what Python and editors leave behind."""
    return {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def test_every_file_of_the_packages_is_in_the_wheel(wheel: set[str]) -> None:
    assert sources() - wheel == set()


@pytest.mark.parametrize(
    "kind",
    [
        "hub/web/templates/",
        "hub/web/static/",
        "hub/web/translations/",
        "hub/storage/migrations/versions/",
        "hub/demo/site.toml",
        "hub/firmware_config/mosquitto/ankerort.conf",
        "hub/firmware_config/cloud-init/user-data",
        "hub/firmware_config/first-boot/ankerort-first-boot",
        "hub/firmware_config/install",
        "hub/systemd/install",
        "hub/systemd/ankerort-.service.d/10-common.conf",
    ],
)
def test_what_the_hub_reads_at_run_time_is_in_the_wheel(wheel: set[str], kind: str) -> None:
    assert [name for name in wheel if name.startswith(kind)] != []


def test_the_wheel_brings_the_programs_and_the_licence_and_no_tests(wheel: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel)
    assert {name.split("/")[0] for name in wheel if ".dist-info" not in name} == set(PACKAGES)
