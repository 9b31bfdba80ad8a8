"""Geometry of the floor plan: where a desk's corners lie, and whether two desks stand in each other's place."""

from itertools import combinations
from math import cos, radians, sin
from typing import Final

from hub.domain.space import Desk, Space

Point = tuple[float, float]

MAX_DESKS: Final = 200
MIN_DESK_CM: Final = 20
MAX_DESK_CM: Final = 1_000

TOUCHING_CM = 1.0
"""Desks may stand edge to edge; rounding to whole centimetres must not make them overlap."""


def corners(desk: Desk) -> tuple[Point, Point, Point, Point]:
    """Return a desk's four corners, in centimetres from the plan's top left corner, in order around it."""
    across, along = desk.width / 2, desk.depth / 2
    turn_cos, turn_sin = cos(radians(desk.angle)), sin(radians(desk.angle))

    def turned(x: float, y: float) -> Point:
        # The plan's y grows downwards, so this turns clockwise, as SVG does.
        return desk.x + x * turn_cos - y * turn_sin, desk.y + x * turn_sin + y * turn_cos

    return turned(-across, -along), turned(across, -along), turned(across, along), turned(-across, along)


def is_inside(desk: Desk, plan_width: int, plan_depth: int) -> bool:
    """Say whether a desk lies wholly on a plan of that size, in centimetres."""
    return all(
        -TOUCHING_CM <= x <= plan_width + TOUCHING_CM and -TOUCHING_CM <= y <= plan_depth + TOUCHING_CM
        for x, y in corners(desk)
    )


def overlap(one: Desk, other: Desk) -> bool:
    """Say whether two desks cover common ground, by the separating axis theorem for two rectangles."""
    first, second = corners(one), corners(other)
    for angle in (one.angle, one.angle + 90, other.angle, other.angle + 90):
        axis = cos(radians(angle)), sin(radians(angle))
        low_1, high_1 = _shadow(first, axis)
        low_2, high_2 = _shadow(second, axis)
        if high_1 <= low_2 + TOUCHING_CM or high_2 <= low_1 + TOUCHING_CM:
            return False
    return True


def overlaps(space: Space) -> tuple[tuple[Desk, Desk], ...]:
    """Return the pairs of desks of a space that cover common ground."""
    return tuple((one, other) for one, other in combinations(space.desks, 2) if overlap(one, other))


def _shadow(points: tuple[Point, ...], axis: Point) -> tuple[float, float]:
    along = [x * axis[0] + y * axis[1] for x, y in points]
    return min(along), max(along)
