"""What may be changed of a floor plan in the browser; pure. The limits are those of the site file."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from hub.domain.errors import RuleRefused
from hub.domain.plan import MAX_DESK_CM, MAX_DESKS, MIN_DESK_CM, is_inside
from hub.domain.slugs import slug
from hub.domain.space import Desk, SensorKind, Space
from hub.domain.texts import check_text

FULL_TURN: Final = 360
CHANGED_MEANWHILE: Final = "space_changed_meanwhile"
"""The code of the refusal for who is second."""


class FieldsRefused(RuleRefused):
    """Fields of a form can't be as they are wanted.

    Args:
        problems: why, by name of the field; at least one.
    """

    def __init__(self, problems: Mapping[str, RuleRefused]) -> None:
        told = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        super().__init__(told, code="fields_refused")
        self.problems = problems


class DeskPlace(NamedTuple):
    """Where a desk stands: its centre, in centimetres from the plan's top left corner, and its angle, clockwise."""

    x: int
    y: int
    angle: int


def changed_meanwhile() -> RuleRefused:
    """Return the refusal for whoever changes what somebody else has changed since it was read."""
    return RuleRefused(
        "somebody has changed this space meanwhile: load it again, then repeat your change",
        code="space_changed_meanwhile",
    )


def moved(space: Space, places: Mapping[str, DeskPlace]) -> Space:
    """Return a space with some of its desks in other places.

    Raises:
        FieldsRefused: when one would not lie wholly on the plan, by id of the desk.
        RuleRefused: when one is not there any more.
    """
    known = {desk.id for desk in space.desks}
    if unknown := sorted(places.keys() - known):
        raise RuleRefused(f'there is no desk "{unknown[0]}": load the plan again', code="unknown_desk")
    desks = tuple(
        replace(desk, **_turned(places[desk.id])._asdict()) if desk.id in places else desk
        for desk in space.desks
    )
    problems = {
        desk.id: problem
        for desk in desks
        if desk.id in places and (problem := _outside(space, desk)) is not None
    }
    if problems:
        raise FieldsRefused(problems)
    return replace(space, desks=desks)


def with_desk(space: Space, desk: Desk, taken: Container[str]) -> tuple[Space, Desk]:
    """Return a space with a desk added or changed, and that desk.

    Args:
        desk: without an id to be added.
        taken: ids that are or were ever in use: a new desk gets none of them.

    Raises:
        FieldsRefused: by name of the desk's fields.
        RuleRefused: when the space has too many desks, or not this one.
    """
    desk = _checked(space, desk)
    if desk.id:
        if desk.id not in {one.id for one in space.desks}:
            raise RuleRefused(f'there is no desk "{desk.id}": load the plan again', code="unknown_desk")
        desks = tuple(desk if one.id == desk.id else one for one in space.desks)
        return replace(space, desks=desks), desk
    if len(space.desks) >= MAX_DESKS:
        raise RuleRefused(
            f"a space has {MAX_DESKS} desks at most: make it two spaces",
            code="too_many_desks",
            most=MAX_DESKS,
        )
    desk = replace(desk, id=slug(desk.name, taken, "platz"))
    return replace(space, desks=(*space.desks, desk)), desk


def without_desk(space: Space, desk: str) -> Space:
    """Return a space without a desk.

    Raises:
        RuleRefused: when it has none of this id.
    """
    if desk not in {one.id for one in space.desks}:
        raise RuleRefused(f'there is no desk "{desk}": load the plan again', code="unknown_desk")
    return replace(space, desks=tuple(one for one in space.desks if one.id != desk))


def _checked(space: Space, desk: Desk) -> Desk:
    problems: dict[str, RuleRefused] = {}
    try:
        desk = replace(desk, name=check_text(desk.name, "a desk's name", least=1))
    except RuleRefused as error:
        problems["name"] = error
    for name in ("width", "depth"):
        if not MIN_DESK_CM <= getattr(desk, name) <= MAX_DESK_CM:
            problems[name] = out_of_range(MIN_DESK_CM, MAX_DESK_CM)
    if desk.zone and desk.zone not in {zone.id for zone in space.zones}:
        problems["zone"] = RuleRefused("there is no such zone", code="no_such_choice")
    if desk.sensor and desk.sensor not in set(SensorKind):
        problems["sensor"] = RuleRefused("there is no such kind of sensor", code="no_such_choice")
    if desk.device and desk.device not in {device.id for device in space.devices}:
        problems["device"] = RuleRefused("there is no such device", code="no_such_choice")
    elif desk.sensor and not desk.device:
        problems["device"] = RuleRefused("say which device reads the sensor", code="sensor_without_device")
    desk = replace(desk, angle=desk.angle % FULL_TURN)
    if not problems and (problem := _outside(space, desk)) is not None:
        problems["x"] = problem
    if problems:
        raise FieldsRefused(problems)
    return desk


def out_of_range(least: int, most: int) -> RuleRefused:
    """Return the refusal of a number outside of a closed range."""
    return RuleRefused(
        f"a whole number from {least} to {most}", code="no_such_number", least=least, most=most
    )


def _turned(place: DeskPlace) -> DeskPlace:
    return place._replace(angle=place.angle % FULL_TURN)


def _outside(space: Space, desk: Desk) -> RuleRefused | None:
    if is_inside(desk, space.plan_width, space.plan_depth):
        return None
    return RuleRefused(
        f"its edge lies outside of the plan of {space.plan_width} × {space.plan_depth} cm: move or turn it",
        code="desk_outside",
        width=space.plan_width,
        depth=space.plan_depth,
    )
