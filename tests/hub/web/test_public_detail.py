"""`public_detail` is obeyed by page, screen, stream, asking, API and overview (requirement S7)."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from hub.domain.occupancy import Counts, DeviceStatus
from hub.domain.space import PublicDetail
from tests.hub.web.fakes import HOST_SECRET, TUESDAY_MORNING_US, FakeLive

SPACE = "wittenberge"
BOUNDARY_US = TUESDAY_MORNING_US - TUESDAY_MORNING_US % 300_000_000

ADDRESSES = {
    "page": f"/spaces/{SPACE}",
    "page in English": f"/spaces/{SPACE}?lang=en",
    "screen": f"/spaces/{SPACE}?screen=1",
    "asking": f"/spaces/{SPACE}/now.json",
    "stream": f"/spaces/{SPACE}/stream",
    "API": f"/api/v1/spaces/{SPACE}/occupancy",
    "list of the API": "/api/v1/spaces",
    "SpaceAPI": f"/spaces/{SPACE}/spaceapi.json",
    "SpaceAPI with a key": f"/spaces/{SPACE}/spaceapi.json?key={HOST_SECRET}-{SPACE}",
    "badge": f"/spaces/{SPACE}/badge.svg",
    "badge with a key": f"/spaces/{SPACE}/badge.svg?key={HOST_SECRET}-{SPACE}",
    "overview": "/",
    "wrong key": f"/spaces/{SPACE}?key=geraten",
    "empty stream key": f"/spaces/{SPACE}/stream?key=",
}


def first_event(response: Response) -> str:
    event = next(iter(response.response))
    assert isinstance(event, bytes)
    return event.decode()


@pytest.fixture
def fetch(make_app: Callable[..., Flask]) -> Callable[[str], str]:
    """A function that gets an address as a stranger does, once; of a stream, its first event."""

    def get(address: str) -> str:
        with make_app().test_client().get(address, buffered=False) as response:
            if response.mimetype == "text/event-stream":
                return first_event(response)
            return str(response.get_data(as_text=True))

    return get


def everything_occupied(live: FakeLive) -> None:
    for desk in ("f1", "f2", "f3", "f4", "f5", "h1", "h2", "h3", "r1", "r2", "r3"):
        live.set_desk(SPACE, desk, "occupied")


def everything_lost(live: FakeLive) -> None:
    for device in ("pi-halle", "pi-ruhe"):
        live.set_device(SPACE, device, DeviceStatus.LOST)


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("detail", [PublicDetail.STATE, PublicDetail.COUNT])
@pytest.mark.parametrize("happens", [everything_occupied, everything_lost])
def test_below_desks_not_a_byte_depends_on_what_happens_at_the_desks(
    live: FakeLive,
    fetch: Callable[[str], str],
    address: str,
    detail: PublicDetail,
    happens: Callable[[FakeLive], None],
) -> None:
    live.set_detail(SPACE, detail)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    before = fetch(address)
    happens(live)
    assert fetch(address) == before


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
@pytest.mark.parametrize("detail", [PublicDetail.STATE, PublicDetail.COUNT])
def test_below_desks_no_desk_zone_or_device_is_named(
    live: FakeLive, fetch: Callable[[str], str], address: str, detail: PublicDetail
) -> None:
    shown = live.change_space(SPACE, public_detail=detail)
    # Ids like "h1" are also HTML: give them some that occur nowhere else.
    desks = tuple(replace(desk, id=f"{desk.id}-xyz") for desk in shown.desks)
    shown = live.change_space(SPACE, desks=desks)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    # The other spaces show their desks, but none on these addresses.
    text = fetch(address)
    inside: list[Any] = [*shown.desks, *shown.zones, *shown.devices, *shown.doors]
    named = [thing.name for thing in inside if thing.name in text]
    named += [thing.id for thing in inside if re.search(rf"\b{re.escape(thing.id)}\b", text)]
    assert named == []


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_a_space_that_shows_its_state_tells_no_count(
    live: FakeLive, fetch: Callable[[str], str], address: str
) -> None:
    live.set_detail(SPACE, PublicDetail.STATE)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    before = fetch(address)
    live.published[SPACE] = Counts(0, 9, 2, 1), BOUNDARY_US
    assert fetch(address) == before


@pytest.mark.parametrize("address", [a for name, a in ADDRESSES.items() if "list" not in name])
def test_a_space_that_shows_its_count_tells_the_published_one(
    live: FakeLive, fetch: Callable[[str], str], address: str
) -> None:
    live.set_detail(SPACE, PublicDetail.COUNT)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    text = fetch(address)
    told = ("5 von 11 Plätzen frei", "5 of 11 desks free", "5 von 11 frei", '"free":5')
    assert any(one in text for one in told)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("page", "10 von 11 Plätzen frei"),
        ("page in English", "10 of 11 desks free"),
        ("screen", "10 von 11 Plätzen frei"),
        ("asking", "10 von 11 Plätzen frei"),
        ("stream", "10 von 11 Plätzen frei"),
        ("API", '"state":"occupied"'),
        ("SpaceAPI", "10 von 11 Plätzen frei"),
        ("badge", "10 von 11 frei"),
        ("overview", "10 von 11 Plätzen frei"),
    ],
)
def test_a_space_that_shows_its_desks_tells_what_happens_now(
    live: FakeLive, fetch: Callable[[str], str], name: str, says: str
) -> None:
    assert says not in fetch(ADDRESSES[name])
    live.set_desk(SPACE, "f1", "occupied")
    assert says in fetch(ADDRESSES[name])


def test_an_open_stream_follows_when_a_space_decides_to_show_less(
    live: FakeLive, client: FlaskClient
) -> None:
    with client.get(ADDRESSES["stream"], buffered=False) as response:
        frames = iter(response.response)
        assert b'"detail":"desks"' in next(frames)
        live.set_detail(SPACE, PublicDetail.STATE)
        shown = next(frame for frame in frames if b"event: occupancy" in frame)
        assert b'"detail":"state"' in shown
        assert b"Fenster" not in shown
