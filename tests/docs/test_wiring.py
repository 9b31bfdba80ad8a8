"""Pictures of wires name pins that are where they say, once each, and settings that fit them."""

import re
import tomllib
from itertools import pairwise

import pytest

from docs.generate.wiring import KINDS, PICTURES, Picture
from tests.docs.pages import blocks_of, text_of

# Place on the 40-pin header to what is there (raspberrypi.com, "GPIO and the 40-pin header").
GPIO = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11,
    24: 8, 26: 7, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
SUPPLY = {1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V"} | dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "GND")
TERMINAL = re.compile(r"(GPIO(?P<gpio>\d+)|5 V|3\.3 V|GND)(, S(?:DA|CL))? \(pin (?P<place>\d+)\)")
IDS = [picture.name for picture in PICTURES]


def pins(picture: Picture) -> list[str]:
    """Return the terminals of the Pi in a picture."""
    return [name for box in picture.boxes if box.name == "Raspberry Pi" for name in box.terminals]


@pytest.mark.parametrize("picture", PICTURES, ids=IDS)
def test_a_pin_is_where_the_picture_says(picture: Picture) -> None:
    for terminal in pins(picture):
        found = TERMINAL.fullmatch(terminal)
        assert found, terminal
        place = int(found["place"])
        if found["gpio"] is None:
            assert SUPPLY[place] == found[1], terminal
        else:
            assert GPIO[place] == int(found["gpio"]), terminal


@pytest.mark.parametrize("picture", PICTURES, ids=IDS)
def test_a_wire_joins_neighbours_and_no_supply_reaches_a_ground_or_a_pin(picture: Picture) -> None:
    couples = list(pairwise(picture.boxes))
    for wire in picture.wires:
        left, right = (box.terminals[row] for box, row in zip(couples[wire.column], wire[1:3], strict=True))
        assert wire.kind in KINDS
        assert left.startswith("GND") == (wire.kind == "ground"), (left, right)
        assert (" V (pin" in left) == (wire.kind == "supply"), (left, right)
        if left.startswith("GPIO"):
            assert wire.kind == "signal"
            assert right != "VCC"
    used = [(wire.column, wire.left) for wire in picture.wires]
    assert len(used) == len(set(used))


def test_no_two_parts_want_one_pin() -> None:
    wanted = [
        found[0] for picture in PICTURES for pin in pins(picture) if (found := re.match(r"GPIO\d+", pin))
    ]
    assert len(wanted) == len(set(wanted))


def test_the_settings_are_those_of_the_pictures() -> None:
    (block,) = blocks_of(text_of("docs/reference/wiring.md"), "toml")
    settings = tomllib.loads(block)
    (door,) = settings["door"]
    named = [value for key, value in door.items() if key.endswith("_pin")]
    named += [sensor[key] for sensor in settings["sensor"] for key in ("pin", "trigger_pin") if key in sensor]
    named += settings["signal"].values()
    drawn = {
        int(pin) for picture in PICTURES for name in pins(picture) for pin in re.findall(r"GPIO(\d+)", name)
    }
    assert set(named) == drawn - {2, 3}
