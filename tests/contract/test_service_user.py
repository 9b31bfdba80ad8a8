"""What a service's user may do with a file, asked by root; by anybody else, what he may do himself."""

import os
import pwd
from grp import struct_group
from pathlib import Path

import pytest

from wire.service_user import may

READ, WRITE, LOOK = os.R_OK, os.W_OK, os.X_OK
USER = pwd.struct_passwd(("ankerort-test", "x", 1234, 5678, "", "/", "/bin/false"))
FILE = Path("/srv/folder/file")

Known = dict[Path, tuple[int, int, int]]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """Owner, group and mode of each path that is there; who asks is root, and the user of the service is there."""
    paths: Known = dict.fromkeys(FILE.parents, (0, 0, 0o755))

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        assert follow_symlinks
        if path not in paths:
            raise FileNotFoundError(path)
        owner, group, mode = paths[path]
        return os.stat_result([mode, 1, 1, 1, owner, group, 0, 0, 0, 0])

    def group(name: str) -> struct_group:
        return struct_group((name, "x", {"gpio": 997}[name], []))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", {"ankerort-test": USER}.__getitem__)
    monkeypatch.setattr(os, "getgrouplist", lambda _name, own: [own])
    monkeypatch.setattr("wire.service_user.getgrnam", group)
    monkeypatch.setattr("wire.service_user.Path.stat", stat)
    return paths


@pytest.mark.parametrize(
    ("owner", "group", "mode", "wanted", "is_allowed"),
    [
        (1234, 0, 0o600, READ | WRITE, True),
        (1234, 0, 0o400, WRITE, False),
        # The first class that fits decides, also when a later one would allow more.
        (1234, 5678, 0o077, READ, False),
        (0, 5678, 0o640, READ, True),
        (0, 5678, 0o640, WRITE, False),
        (0, 0, 0o640, READ, False),
        (0, 0, 0o604, READ, True),
    ],
)
def test_owner_group_and_others_may_what_the_mode_says(
    known: Known, owner: int, group: int, mode: int, wanted: int, is_allowed: bool
) -> None:
    known[FILE] = (owner, group, mode)
    assert may("ankerort-test", FILE, wanted) is is_allowed


def test_a_file_in_a_folder_that_may_not_be_looked_into_is_out_of_reach(known: Known) -> None:
    known[FILE] = (0, 0, 0o666)
    assert may("ankerort-test", FILE, READ)
    known[FILE.parent] = (0, 0, 0o700)
    assert not may("ankerort-test", FILE, READ)


def test_what_is_not_there_is_out_of_reach(known: Known) -> None:
    assert FILE not in known
    assert not may("ankerort-test", FILE, READ)


def test_a_group_of_the_unit_counts_and_one_that_is_not_there_does_not(known: Known) -> None:
    known[FILE] = (0, 997, 0o660)
    assert may("ankerort-test", FILE, READ | WRITE, groups=("none", "gpio"))
    assert not may("ankerort-test", FILE, READ, groups=("none",))


def test_where_there_is_no_such_user_whoever_asks_is_meant(tmp_path: Path) -> None:
    assert may("no-such-user-here", tmp_path, READ | WRITE | LOOK)
    assert not may("no-such-user-here", tmp_path / "gone", READ)
