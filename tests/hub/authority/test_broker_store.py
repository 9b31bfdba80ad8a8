"""A store that Mosquitto can't start with is set aside, and any other is left alone: on a real Mosquitto's own file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from hub.authority.broker_store import damage, set_aside
from hub.cli import main
from tests.hub.ear import Ear
from tests.parts.mosquitto import Mosquitto
from tests.parts.process import PartError

DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "full of zeros": lambda whole: bytes(len(whole)),
    "empty": lambda _whole: b"",
    "cut off in the middle": lambda whole: whole[: len(whole) // 2],
    "cut off by a byte": lambda whole: whole[:-1],
    "zeros at its end": lambda whole: whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2),
    "zeros behind its end": lambda whole: whole + bytes(4096),
    "something else": lambda _whole: b"SQLite format 3\0" * 50,
}


@pytest.fixture
def stored(mosquitto: Mosquitto) -> tuple[Mosquitto, Path]:
    """A broker that has stopped, and its store with what was retained."""
    with Ear(mosquitto.port, "") as ear:
        ear.say(*[(f"a/{number}", b"%d" % number * 100) for number in range(20)], retain=True)
    mosquitto.stop()
    return mosquitto, mosquitto.data / "mosquitto.db"


def test_a_damaged_store_is_set_aside_and_a_whole_one_is_not(stored: tuple[Mosquitto, Path]) -> None:
    broker, file = stored
    whole = file.read_bytes()
    assert (damage(file), set_aside(file)) == ("", "")
    assert file.read_bytes() == whole
    # A broker that can't start is what this is for; some damage it reads over, and loses what comes after it.
    file.write_bytes(bytes(len(whole)))
    with pytest.raises(PartError):
        broker.start()
    broker.stop()
    for label, make in DAMAGED.items():
        file.write_bytes(make(whole))
        assert set_aside(file), label
        assert file.with_name("mosquitto.db.damaged").read_bytes() == make(whole)
        assert not file.exists()
    broker.start()
    with Ear(broker.port, "b/#") as ear:
        ear.say(("b/1", b"alive"))
        ear.wait_for("b/1", b"alive")


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    file = tmp_path / "mosquitto.db"
    command = ["check-store", str(file)]
    assert CliRunner().invoke(main, command).output == "", "no store is no damage"
    file.write_bytes(bytes(1000))
    assert "is full of zeros: it is mosquitto.db.damaged now" in CliRunner().invoke(main, command).output


def test_a_store_of_a_version_that_is_not_known_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mosquitto.db"
    file.write_bytes(b"\x00\xb5\x00mosquitto db" + bytes(4) + b"\x00\x00\x00\x63" + b"anything")
    assert set_aside(file) == ""
    assert file.exists()
