"""Where desks and zones are drawn: geometry in centimetres, worked out once; states are the page's business."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from hub.domain.plan import corners
from hub.domain.space import Desk, Space

MARGIN: Final = 14
"""Room around the plan for the outline, in centimetres."""

ZONE_PADDING: Final = 24
ZONE_INSET: Final = 5
"""Room inside a zone around its desks, and between a zone and the walls, in centimetres."""

ZONE_LETTER: Final = 0.78
"""Height of zones' names, as a part of other letters'."""

LETTER_WIDTH: Final = 0.7
"""How wide a bold letter is, as a part of its height, on average and generously."""

LETTER_OF_WIDTH: Final = 0.042
LEAST_LETTER: Final = 30
"""Height of letters: a part of the plan's width, but never less, in centimetres of the plan."""

REACH_OF_WIDTH: Final = 0.046
"""Half of 24 pixels, where the plan is 290 pixels wide, and a little more."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DrawnDesk:
    """A desk on the plan.

    Args:
        label: its name in as few letters as tell it apart ("4" of "Platz 4").
        top: its top before it is turned, around its centre.
        letter: height of its letters.
        is_upright: mark and label go one above the other, because they can be larger there than side by side.
    """

    id: str
    label: str
    x: int
    y: int
    angle: int
    top: Box
    letter: float
    is_upright: bool


@dataclass(frozen=True, slots=True)
class DrawnZone:
    """A zone around its desks, with its name above them, or below where there is no room above.

    Args:
        name_x, name_y: where the name begins, on its base line.
        letter: height of its letters.
    """

    name: str
    box: Box
    name_x: float
    name_y: float
    letter: float


@dataclass(frozen=True, slots=True)
class FloorPlan:
    """Everything of a plan that does not change with occupancy.

    Args:
        letter: height of its letters at most: they stay readable on a telephone, where the plan is 290 pixels wide.
    """

    width: int
    depth: int
    letter: float
    zones: tuple[DrawnZone, ...]
    desks: tuple[DrawnDesk, ...]

    @property
    def reach(self) -> float:
        """How far from a desk's centre a tap still means it: 12 pixels on a telephone (WCAG 2.5.8)."""
        return round(self.width * REACH_OF_WIDTH)

    @property
    def view_box(self) -> str:
        """The SVG's `viewBox`."""
        return f"{-MARGIN} {-MARGIN} {self.width + 2 * MARGIN} {self.depth + 2 * MARGIN}"


@lru_cache(maxsize=64)
def floor_plan(space: Space) -> FloorPlan:
    """Return the plan of a space whose desks may be seen."""
    letter = max(space.plan_width * LETTER_OF_WIDTH, LEAST_LETTER)
    zones = []
    for zone in space.zones:
        inside = [_extent(desk) for desk in space.desks if desk.zone == zone.id]
        if inside:
            zones.append(_zone(zone.name, inside, space, letter * ZONE_LETTER))
    labels = short_labels([desk.name for desk in space.desks])
    desks = tuple(_drawn(desk, label, letter) for desk, label in zip(space.desks, labels, strict=True))
    return FloorPlan(space.plan_width, space.plan_depth, letter, tuple(zones), desks)


def layout_id(space: Space) -> str:
    """Return what stands for desks and plan as they may be seen: a page whose layout changed must be loaded again."""
    return _layout_id(space.name, space.plan_width, space.plan_depth, space.zones, space.desks)


@lru_cache(maxsize=256)
def _layout_id(*parts: object) -> str:
    return blake2b(repr(parts).encode("utf-8"), digest_size=6).hexdigest()


def _drawn(desk: Desk, label: str, letter: float) -> DrawnDesk:
    extent = _extent(desk)
    width, height = max(desk.width, desk.depth), min(desk.width, desk.depth)
    if extent.height > extent.width:
        width, height = height, width
    # A turned desk has less room for upright letters than one that stands straight, above all for long rows of them.
    is_straight = desk.angle % 90 == 0
    words = _words(label)
    beside = (1.0 if is_straight else 0.7) * min(0.9 * width / (1.25 + words), height / 1.45)
    above = (1.0 if is_straight else 0.8) * min(0.9 * height / 2.1, 0.85 * width / words)
    beside, above = min(letter, beside), min(letter, above)
    fitting, is_upright = max(beside, above), above > beside
    top = Box(-desk.width / 2, -desk.depth / 2, desk.width, desk.depth)
    return DrawnDesk(desk.id, label, desk.x, desk.y, desk.angle, top, round(fitting, 1), is_upright)


def _words(label: str) -> float:
    """How wide a label is, as a part of its height: M and W are half as wide again as other letters."""
    return LETTER_WIDTH * (len(label) + 0.55 * sum(letter in "MW" for letter in label))


def short_labels(names: Sequence[str]) -> tuple[str, ...]:
    """Return names in as few letters as tell them apart: "4" for "Platz 4", or "F1" beside "R1", or initials."""
    labels = [_number(name) or _initials(name) for name in names]
    if len(set(labels)) == len(labels):
        return tuple(labels)
    return tuple(_initials(name)[:1] + _number(name) if _number(name) else _initials(name) for name in names)


def _number(name: str) -> str:
    last = name.replace("-", " ").split()[-1:]
    return last[0] if last and len(last[0]) <= 3 and any(letter.isdigit() for letter in last[0]) else ""


def _initials(name: str) -> str:
    words = name.replace("-", " ").split()
    if len(words) > 1:
        return "".join(word[0] for word in words[:3]).upper()
    return name[:3]


def _extent(desk: Desk) -> Box:
    """The upright rectangle that a turned desk fills."""
    across = [x for x, _ in corners(desk)]
    along = [y for _, y in corners(desk)]
    return Box(min(across), min(along), max(across) - min(across), max(along) - min(along))


def _zone(name: str, inside: list[Box], space: Space, letter: float) -> DrawnZone:
    left, right = min(box.x for box in inside), max(box.x + box.width for box in inside)
    top, bottom = min(box.y for box in inside), max(box.y + box.height for box in inside)
    pad, heading = ZONE_PADDING, 1.7 * letter
    is_below = top - heading < 0 and bottom + heading <= space.plan_depth
    top, bottom = (top - pad, bottom + heading) if is_below else (top - heading, bottom + pad)
    left, right = left - pad, right + pad
    # A narrow zone is made wide enough for its name, to whichever side there is room.
    missing = LETTER_WIDTH * letter * len(name) + letter - (right - left)
    if missing > 0:
        left, right = (
            (left - missing, right) if right + missing > space.plan_width else (left, right + missing)
        )
    left, top = max(left, ZONE_INSET), max(top, ZONE_INSET)
    right, bottom = min(right, space.plan_width - ZONE_INSET), min(bottom, space.plan_depth - ZONE_INSET)
    name_y = bottom - 0.5 * letter if is_below else top + 1.2 * letter
    return DrawnZone(name, Box(left, top, right - left, bottom - top), left + 0.6 * letter, name_y, letter)
