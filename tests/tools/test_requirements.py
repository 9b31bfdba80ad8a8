"""The pinned requirements fit pyproject.toml, are hashed, and say nothing about where they were made."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# The file, and the extras that it installs.
FILES = {
    "demo": ["hub", "demo"],
    "hub": ["hub", "postgres"],
    "device": ["device", "reader"],
    "reader": ["reader"],
    "dev": ["dev"],
}
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ]+)(?: ; [^\\]+)? \\$")


def asked_for(extras: list[str]) -> list[Requirement]:
    """Every requirement of the project with these extras, where extras that name each other are followed."""
    found = [Requirement(line) for line in PROJECT["dependencies"]]
    for extra in extras:
        for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
            found += (
                asked_for(sorted(requirement.extras))
                if requirement.name == PROJECT["name"]
                else [requirement]
            )
    return found


def pins(name: str) -> dict[str, str]:
    lines = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return {match["name"]: match["version"] for line in lines if (match := PIN.match(line))}


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_requirement_is_pinned_at_a_version_that_it_allows(name: str) -> None:
    pinned = pins(name)
    wrong = [
        f"{requirement} is {pinned.get(canonicalize_name(requirement.name), 'missing')}"
        for requirement in asked_for(FILES[name])
        if not requirement.specifier.contains(pinned.get(canonicalize_name(requirement.name), "0"))
    ]
    assert wrong == [], f"requirements/{name}.txt is out of date: run `make lock`"


@pytest.mark.parametrize("name", sorted({*FILES, "build"}))
def test_every_pin_has_hashes_and_nothing_else_is_in_the_file(name: str) -> None:
    lines = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    statements = [line for line in lines if not line.lstrip().startswith("#")]
    assert [line for line in statements if line and not (PIN.match(line) or HASH.match(line))] == []
    assert [line for line, after in pairwise(lines) if PIN.match(line) and not HASH.match(after)] == []
    assert pins(name)


@pytest.mark.parametrize("name", sorted({*FILES, "build"}))
def test_the_file_does_not_say_where_it_was_made(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|@ |--index|--find-links|--trusted-host", text)
    # The only paths are those of the files beside it.
    beside = {f"requirements/{file}" for file in ("build.in", "build.txt", "dev.txt")}
    assert set(re.findall(r"\S*/\S*", text)) <= beside


@pytest.mark.parametrize("name", sorted(set(FILES) - {"dev"}))
def test_what_is_installed_in_the_field_is_what_was_tested(name: str) -> None:
    tested = pins("dev") | pins("device")
    assert {
        package: version for package, version in pins(name).items() if tested.get(package) != version
    } == {}
