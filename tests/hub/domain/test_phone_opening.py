"""Opening by phone is never more than the card would: the same windows, and each refusal with its own word."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.access import Booked, CardFacts, CardFlag, compile_rights
from hub.domain.cards import CardKind, CardState
from hub.domain.door_now import DoorFacts, LastWord, ListState
from hub.domain.doors import Contact, DoorMode
from hub.domain.occupancy import DeviceStatus
from hub.domain.people import AccessHours, Membership
from hub.domain.phone_opening import NO_CARD, PhoneDoor, PhoneSpace, phone_doors
from hub.domain.space import Space, SpaceAccess
from hub.domain.time import Interval
from tests.hub.domain.test_access import ALWAYS, NONE, NOW_US, OPENING, SPACE, at, member

OFFERING = replace(SPACE, access=SpaceAccess(phone_opening=True))
NIGHT_US = at("2026-06-10T22:00")
MINUTE_US = 60_000_000


def facts(id_: str = "haupttuer", *, now_us: int = NOW_US, **more: Any) -> DoorFacts:
    """Return a door at which all is well."""
    values: dict[str, Any] = {
        "device": "pi-1",
        "device_pk": 1,
        "status": DeviceStatus.ONLINE,
        "heard_us": now_us,
        "meta": {"doors": [id_], "calls": [id_]},
        "health": {"time_trusted": True},
        "last": LastWord(DoorMode.NORMAL, Contact.CLOSED, released=False, since_us=1),
        "lists": ListState(),
    } | more
    return DoorFacts(1, id_, "Haupttür", **values)


def card(state: CardState = CardState.ACTIVE, pk: int = 1, **more: Any) -> CardFacts:
    return CardFacts(pk, CardKind.DESFIRE, state, 1, **more)


def asked(
    membership: Membership = ALWAYS,
    cards: tuple[CardFacts, ...] = (card(),),
    door: DoorFacts | None = None,
    *,
    space: Space = OFFERING,
    now_us: int = NOW_US,
    **more: Any,
) -> list[PhoneDoor]:
    door = facts(now_us=now_us) if door is None else door
    return phone_doors(
        PhoneSpace(space, "SH", False),
        member(membership),
        cards,
        [door],
        more.pop("holidays", ()),
        now_us,
        **more,
    )


def code(found: list[PhoneDoor]) -> str:
    """Return why the one door does not open; nothing when it does."""
    (one,) = found
    return "" if one.refusal is None else one.refusal.code


def test_a_member_with_a_card_and_a_right_now_opens() -> None:
    (door,) = asked()
    assert door == PhoneDoor("werkstatt", "Werkstatt", "haupttuer", "Haupttür", None, card=1)


@pytest.mark.parametrize("access", [None, SpaceAccess(), SpaceAccess(phone_opening=False)])
def test_a_space_that_has_not_switched_it_on_offers_nothing(access: SpaceAccess | None) -> None:
    assert asked(space=replace(SPACE, access=access)) == []


def test_doors_without_the_button_and_those_of_others_are_not_offered() -> None:
    assert asked(door=facts(meta={"doors": ["haupttuer"]})) == []
    assert asked(door=facts(meta={"doors": ["haupttuer"], "calls": ["lager"]})) == []
    assert asked(replace(ALWAYS, doors=("lager",))) == []
    assert asked(replace(ALWAYS, space="anderswo")) == []


@pytest.mark.parametrize(
    ("label", "given", "expected"),
    [
        ("before opening", {"now_us": at("2026-06-10T08:00") - 1}, "phone_not_now"),
        ("as it opens", {"now_us": at("2026-06-10T08:00")}, ""),
        ("just before it closes", {"now_us": at("2026-06-10T18:00") - 1}, ""),
        ("as it closes", {"now_us": at("2026-06-10T18:00")}, "phone_not_now"),
        ("on a holiday", {"holidays": {date(2026, 6, 10)}}, "phone_not_now"),
    ],
)
def test_opening_hours_are_those_of_the_card(label: str, given: dict[str, Any], expected: str) -> None:
    assert code(asked(OPENING, **given)) == expected, label


@pytest.mark.parametrize(
    ("label", "from_", "to", "expected"),
    [
        ("from tomorrow", date(2026, 6, 11), None, "phone_no_member"),
        ("from today", date(2026, 6, 10), None, ""),
        ("until today", date(2026, 1, 1), date(2026, 6, 10), ""),
        ("until yesterday", date(2026, 1, 1), date(2026, 6, 9), "phone_no_member"),
    ],
)
def test_a_membership_opens_on_its_days(label: str, from_: date, to: date | None, expected: str) -> None:
    assert code(asked(replace(ALWAYS, valid_from=from_, valid_to=to))) == expected, label


@pytest.mark.parametrize(
    ("label", "cards", "expected"),
    [
        ("none yet", (), ("", NO_CARD)),
        ("one that is not written yet", (card(CardState.BLANK),), ("", NO_CARD)),
        ("a blocked one", (card(CardState.BLOCKED),), ("phone_blocked", NO_CARD)),
        ("a blocked one and another", (card(CardState.BLOCKED), card(pk=2)), ("", 2)),
        ("a blocked one and a retired one", (card(CardState.BLOCKED), card(CardState.RETIRED, 2)),
         ("phone_blocked", NO_CARD)),
        ("on loan until now", (card(active_until_us=NOW_US),), ("phone_not_now", NO_CARD)),
        ("on loan for longer", (card(active_until_us=NOW_US + 1),), ("", 1)),
    ],
)  # fmt: skip
def test_the_phone_follows_the_card(
    label: str, cards: tuple[CardFacts, ...], expected: tuple[str, int]
) -> None:
    found = asked(cards=cards)
    assert (code(found), found[0].card) == expected, label


def test_a_booking_opens_for_its_time_and_its_door() -> None:
    booked = [Booked(1, ("haupttuer",), Interval(NIGHT_US, NIGHT_US + MINUTE_US))]
    assert code(asked(NONE, now_us=NIGHT_US, bookings=booked)) == ""
    assert code(asked(NONE, now_us=NIGHT_US + MINUTE_US, bookings=booked)) == "phone_not_now"
    elsewhere = replace(NONE, doors=("lager",))
    assert code(asked(elsewhere, now_us=NIGHT_US, bookings=booked)) == ""
    assert asked(elsewhere, now_us=NIGHT_US + MINUTE_US, bookings=booked) == []


def test_who_works_offline_gets_no_hours_from_that() -> None:
    assert code(asked(replace(NONE, works_offline=True))) == "phone_not_now"


_LOCKED = LastWord(DoorMode.LOCKDOWN, Contact.CLOSED, released=False, since_us=1)


@pytest.mark.parametrize(
    ("label", "door", "expected"),
    [
        ("device switched off", facts(status=DeviceStatus.OFFLINE), "phone_device_away"),
        ("device silent for too long", facts(heard_us=NOW_US - 10 * MINUTE_US), "phone_device_away"),
        ("device never heard", facts(status=None), "phone_device_away"),
        ("device not trusted", facts(lists=None), "phone_device_away"),
        ("time not trusted", facts(health={"time_trusted": False}), "phone_no_time"),
        ("no word of the time", facts(health={}), ""),
        ("lockdown", facts(last=_LOCKED), "phone_lockdown"),
        ("held open", facts(last=replace(_LOCKED, mode=DoorMode.OFFICE)), ""),
        ("nothing told yet", facts(last=None), ""),
    ],
)
def test_what_keeps_a_door_shut_is_said_before_anybody_asks(
    label: str, door: DoorFacts, expected: str
) -> None:
    assert code(asked(door=door)) == expected, label


def test_a_lockdown_holds_for_hosts_too() -> None:
    assert code(asked(replace(ALWAYS, is_host=True), door=facts(last=_LOCKED))) == "phone_lockdown"


_MEMBERSHIPS = st.builds(
    Membership,
    st.just("werkstatt"),
    st.sampled_from(AccessHours),
    st.dates(date(2026, 6, 8), date(2026, 6, 11)),
    st.none() | st.dates(date(2026, 6, 9), date(2026, 6, 12)),
    st.sampled_from([(), ("haupttuer",), ("lager",)]),
)
_CARDS = st.builds(
    CardFacts,
    st.integers(1, 5),
    st.just(CardKind.DESFIRE),
    st.sampled_from(CardState),
    st.just(1),
    st.none() | st.integers(NOW_US - MINUTE_US, NOW_US + MINUTE_US),
)


@given(
    membership=_MEMBERSHIPS,
    cards=st.lists(_CARDS, min_size=1, max_size=3, unique_by=lambda one: one.pk),
    now_us=st.integers(at("2026-06-09T00:00"), at("2026-06-12T00:00")),
)
def test_the_phone_opens_exactly_when_a_card_of_the_member_does(
    membership: Membership, cards: list[CardFacts], now_us: int
) -> None:
    if not any(one.state in (CardState.ACTIVE, CardState.BLOCKED) for one in cards):
        cards.append(CardFacts(6, CardKind.DESFIRE, CardState.ACTIVE, 1))
    found = asked(membership, tuple(cards), now_us=now_us)
    by_phone = any(one.refusal is None for one in found)
    # By the list of a minute ago, as the device may have it.
    rights = compile_rights(
        SPACE, SpaceAccess(), [member(membership)], cards, (), max(now_us - MINUTE_US, 0)
    )["pi-1"]
    door = next(number for number, one in enumerate(rights.doors) if one.id == "haupttuer")
    by_card = any(
        now_us in window
        for one in rights.cards
        if not one.flags & CardFlag.BLOCKED
        for number, schedule in one.rights
        if number == door
        for window in rights.schedules[schedule]
    )
    assert by_phone is by_card
