"""SpaceAPI: valid as version 15 and, where the place is known, 14; never more than everyone may see."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.domain.occupancy import Counts, DeviceStatus
from hub.domain.space import PublicDetail
from hub.web.parts import SpaceApi, WebConfig
from tests.hub.web.fakes import TUESDAY_MORNING_US, FakeLive, SetClock

SPACE: Final = "wittenberge"
ADDRESS: Final = f"/spaces/{SPACE}/spaceapi.json"
SCHEMAS: Final = Path(__file__).with_name("spaceapi_schema.json")
BOUNDARY_US: Final = TUESDAY_MORNING_US - TUESDAY_MORNING_US % 300_000_000
PLACED: Final = WebConfig(
    public_url="https://plaetze.example.org",
    space_api={SPACE: SpaceApi(latitude=52.9937, longitude=11.7511, contact_mail="raum@example.org")},
)


def check(said: Any) -> None:
    """Check a document against the schema of each version that it names."""
    schemas = json.loads(SCHEMAS.read_text("utf-8"))
    assert said["api_compatibility"]
    for version in said["api_compatibility"]:
        jsonschema.validate(said, schemas[version], cls=jsonschema.Draft202012Validator)


@pytest.fixture
def placed(make_app: Callable[..., Flask]) -> FlaskClient:
    """A stranger at a hub that knows where the space is."""
    return make_app(PLACED).test_client()


@pytest.mark.parametrize("detail", PublicDetail)
@pytest.mark.parametrize("hours", ["open", "closed", "none"])
def test_a_space_is_told_validly_at_each_detail(
    placed: FlaskClient,
    client: FlaskClient,
    live: FakeLive,
    clock: SetClock,
    detail: PublicDetail,
    hours: str,
) -> None:
    live.set_detail(SPACE, detail)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    if hours == "none":
        live.change_space(SPACE, opening=())
    elif hours == "closed":
        clock.us += 12 * 3_600_000_000
    with_place, without = placed.get(ADDRESS).json, client.get(ADDRESS).json
    check(with_place)
    check(without)
    assert with_place["api_compatibility"] == ["14", "15"]  # type: ignore[index]
    assert without["api_compatibility"] == ["15"]  # type: ignore[index]
    opened = {"open": True, "closed": False}.get(hours)
    assert with_place["state"].get("open") == opened  # type: ignore[index]
    assert ("open" in with_place["state"]) == (opened is not None), "absent, never null"  # type: ignore[index]


def test_the_schema_refuses_what_the_specification_does(placed: FlaskClient) -> None:
    said = placed.get(ADDRESS).json
    for broken in (
        {**said, "state": {"open": "yes"}},  # type: ignore[dict-item]
        {**said, "location": {"lat": 52.9}},  # type: ignore[dict-item]
        {**said, "sensors": {"people_now_present": [{"name": "x"}]}},  # type: ignore[dict-item]
        {name: value for name, value in said.items() if name != "contact"},  # type: ignore[union-attr]
    ):
        with pytest.raises(jsonschema.ValidationError):
            check(broken)


def test_it_says_where_and_what_a_space_is(placed: FlaskClient, live: FakeLive) -> None:
    live.set_desk(SPACE, "f1", "occupied")
    said: Any = placed.get(ADDRESS).json
    assert said["url"] == f"https://plaetze.example.org/spaces/{SPACE}"
    assert said["logo"].startswith("https://plaetze.example.org/static/")
    assert (said["location"]["lat"], said["location"]["lon"]) == (52.9937, 11.7511)
    assert said["contact"] == {"email": "raum@example.org"}
    assert said["state"]["message"] == "10 von 11 Plätzen frei. Geöffnet bis 20:00 Uhr"
    assert said["state"]["lastchange"] == 1_794_895_200, "07:00 in Berlin, when it opened"
    (desks,) = said["sensors"]["people_now_present"]
    assert (desks["value"], desks["name"]) == (1, "Belegte Plätze")


def test_a_count_is_told_where_the_space_shows_one_and_something_is_known(
    placed: FlaskClient, live: FakeLive
) -> None:
    def present() -> Any:
        return placed.get(ADDRESS).json.get("sensors")  # type: ignore[union-attr]

    live.set_detail(SPACE, PublicDetail.COUNT)
    assert present() is None, "no boundary has passed"
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    assert present()["people_now_present"][0]["value"] == 4
    live.published[SPACE] = Counts(0, 0, 11, 1), BOUNDARY_US
    assert present() is None
    live.set_detail(SPACE, PublicDetail.STATE)
    live.published[SPACE] = Counts(5, 4, 2, 1), BOUNDARY_US
    assert present() is None
    live.set_detail(SPACE, PublicDetail.DESKS)
    for device in ("pi-halle", "pi-ruhe"):
        live.set_device(SPACE, device, DeviceStatus.LOST)
    assert present() is None


def test_no_person_and_no_door_is_in_it(placed: FlaskClient) -> None:
    text = placed.get(ADDRESS).text
    for word in ("names", "trigger_person", "door_locked", "keymasters", "events"):
        assert word not in text


def test_any_site_may_read_it_and_caches_keep_it_for_a_moment(placed: FlaskClient, live: FakeLive) -> None:
    answer = placed.get(ADDRESS, headers={"Origin": "https://verzeichnis.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=5"
    assert "Set-Cookie" not in answer.headers
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert placed.get(ADDRESS, headers=tag).status_code == 304
    live.set_desk(SPACE, "f1", "occupied")
    assert placed.get(ADDRESS, headers=tag).status_code == 200


def test_its_language_follows_the_address_and_no_cookie(placed: FlaskClient) -> None:
    assert "desks free" in placed.get(f"{ADDRESS}?lang=en").text
    placed.set_cookie("lang", "en")
    assert "desks free" not in placed.get(ADDRESS).text


def test_the_live_page_points_to_it(client: FlaskClient) -> None:
    assert f'<link rel="space-api" href="{ADDRESS}">' in client.get(f"/spaces/{SPACE}").text


def test_a_space_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/spaces/nirgends/spaceapi.json").status_code == 404
