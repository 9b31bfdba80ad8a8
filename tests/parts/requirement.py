"""What happens when a part is missing: a skip with the reason, or a failure where skipping is forbidden."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

REQUIRE_ALL = "ANKERORT_REQUIRE_ALL"

# Where Debian puts daemons that are not on a user's path.
_SBIN = ("/usr/sbin", "/usr/local/sbin", "/sbin")


def is_all_required() -> bool:
    """Say whether ANKERORT_REQUIRE_ALL=1 is set: then a missing part is a failure."""
    return os.environ.get(REQUIRE_ALL, "") == "1"


def missing(part: str, remedy: str) -> NoReturn:
    """End the test because a part is missing: skipped with the reason, or failed under ANKERORT_REQUIRE_ALL=1.

    Args:
        part: what is missing, for example "mosquitto".
        remedy: what to do about it.
    """
    reason = f"{part} is missing: {remedy}"
    if is_all_required():
        pytest.fail(f"{reason} ({REQUIRE_ALL}=1 forbids skipping)", pytrace=False)
    pytest.skip(reason)


def require_program(name: str, package: str) -> str:
    """Find a program, or end the test with `missing`.

    Args:
        name: the program's file name.
        package: the Debian package that has it, for the remedy.

    Returns:
        Its absolute path.
    """
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_SBIN))
    if found is None:
        missing(name, f"apt install {package}")
    return found


def require_file(path: Path, package: str) -> Path:
    """Give back the path of a file that a Debian package brings, or end the test with `missing`."""
    if not path.exists():
        missing(str(path), f"apt install {package}")
    return path
