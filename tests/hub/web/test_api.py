"""The open API: what it promises in its OpenAPI document it does, for every space and detail."""

import copy
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from hub.domain.occupancy import Counts, DeviceStatus
from hub.domain.space import PublicDetail
from tests.hub.web.fakes import TUESDAY_MORNING_US, FakeLive, SetClock

OCCUPANCY = "/api/v1/spaces/wittenberge/occupancy"
BOUNDARY_US = TUESDAY_MORNING_US - TUESDAY_MORNING_US % 300_000_000


@pytest.fixture
def document(client: FlaskClient) -> Any:
    return client.get("/api/openapi.json").json


def check(document: Any, name: str, instance: Any) -> None:
    """Check an answer against a schema of the document; fields that it does not name are refused."""
    schemas = copy.deepcopy(document["components"]["schemas"])
    for schema in schemas.values():
        schema["additionalProperties"] = False
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    jsonschema.validate(instance, schema, cls=jsonschema.Draft202012Validator)


def test_the_document_is_openapi_and_names_the_addresses(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {
        "/api/v1/spaces",
        "/api/v1/spaces/{space}/occupancy",
        "/api/v1/spaces/{space}/availability",
        "/api/v1/bookings",
        "/api/v1/bookings/{booking_id}",
        "/api/v1/bookings/{booking_id}/restore",
        "/api/v1/bookings/{booking_id}/check-in",
        "/api/v1/blockings",
        "/api/v1/blockings/{booking_id}",
        "/api/v1/members",
        "/api/v1/members/{number}",
        "/api/v1/members/{number}/choices",
        "/api/v1/passes",
        "/api/v1/passes/{number}/end",
        "/api/v1/series",
        "/api/v1/series/{series_id}",
        "/api/v1/spaces/{space}/tariffs",
        "/api/v1/visits",
    }
    operations = [one for path in document["paths"].values() for one in path.values()]
    closed = [one for one in operations if "401" in one["responses"]]
    assert all(one["security"] == [{"token": []}] for one in closed)
    assert len(closed) == len(operations) - 2
    assert document["info"]["version"]


def test_the_list_is_as_described_and_has_the_town_without_a_space(
    client: FlaskClient, document: Any
) -> None:
    answer = client.get("/api/v1/spaces").json
    check(document, "Network", answer)
    towns = {town["id"]: town for town in answer["towns"]}  # type: ignore[index]
    assert towns["dippoldiswalde"]["spaces"] == []
    assert towns["moelln"]["ags"] == "01053090"
    assert len(answer["spaces"]) == 4  # type: ignore[index]


def test_the_addresses_in_the_list_can_be_followed(client: FlaskClient) -> None:
    for space in client.get("/api/v1/spaces").json["spaces"]:  # type: ignore[index]
        assert client.get(space["occupancy"]).json["space"] == space["id"]  # type: ignore[index]
        assert client.get(space["page"]).status_code == 200


@pytest.mark.parametrize(
    ("detail", "fields"),
    [
        (PublicDetail.STATE, set()),
        (PublicDetail.COUNT, {"counts"}),
        (PublicDetail.DESKS, {"counts", "desks"}),
    ],
)
def test_occupancy_is_as_described_at_each_detail(
    client: FlaskClient, live: FakeLive, document: Any, detail: PublicDetail, fields: set[str]
) -> None:
    live.set_detail("wittenberge", detail)
    live.published["wittenberge"] = Counts(5, 4, 2, 1), BOUNDARY_US
    answer = client.get(OCCUPANCY).json
    check(document, "Occupancy", answer)
    assert set(answer) - {"space", "detail", "as_of", "open", "closes_at", "opens_at"} == fields  # type: ignore[arg-type]


def test_opening_is_told_in_utc(client: FlaskClient) -> None:
    answer = client.get(OCCUPANCY).json
    assert answer["as_of"] == "2026-11-17T09:15:30Z"  # type: ignore[index]
    assert (answer["open"], answer["closes_at"]) == (True, "2026-11-17T19:00:00Z")  # type: ignore[index]


def test_a_count_tells_its_boundary_and_null_when_none_is_fresh(client: FlaskClient, live: FakeLive) -> None:
    live.set_detail("wittenberge", PublicDetail.COUNT)
    assert client.get(OCCUPANCY).json["counts"] is None  # type: ignore[index]
    live.published["wittenberge"] = Counts(5, 4, 2, 1), BOUNDARY_US
    answer = client.get(OCCUPANCY).json
    assert answer["counts"] == {  # type: ignore[index]
        "free": 5,
        "occupied": 4,
        "unknown": 2,
        "out_of_service": 1,
        "total": 12,
    }
    as_of = datetime.fromisoformat(answer["as_of"])  # type: ignore[index]
    assert as_of == datetime.fromtimestamp(BOUNDARY_US / 1_000_000, UTC)


def test_trouble_is_named(client: FlaskClient, live: FakeLive) -> None:
    live.set_device("wittenberge", "pi-ruhe", DeviceStatus.LOST)
    desks = {desk["id"]: desk for desk in client.get(OCCUPANCY).json["desks"]}  # type: ignore[index]
    assert (desks["r1"]["state"], desks["r1"]["trouble"]) == ("unknown", "device_lost")
    assert (desks["f1"]["state"], desks["f1"]["trouble"]) == ("free", "")
    assert desks["h4"]["state"] == "out_of_service"


def test_an_unchanged_space_is_not_sent_again_and_a_changed_one_is(
    client: FlaskClient, live: FakeLive, clock: SetClock
) -> None:
    tag = client.get(OCCUPANCY).headers["ETag"]
    clock.us += 7_000_000
    again = client.get(OCCUPANCY, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    live.set_desk("wittenberge", "f1", "occupied")
    assert client.get(OCCUPANCY, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    "address", ["/api/v1/spaces", OCCUPANCY, "/api/openapi.json", "/api/v1/spaces/x/occupancy"]
)
def test_scripts_of_any_site_may_read(client: FlaskClient, address: str) -> None:
    headers = client.get(address, headers={"Origin": "https://stadt.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_preflight_is_answered(client: FlaskClient) -> None:
    asked = {"Origin": "https://stadt.example", "Access-Control-Request-Method": "GET"}
    headers = client.options(OCCUPANCY, headers=asked).headers
    assert headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/api/v1/spaces/nirgends/occupancy", 404),
        ("GET", "/api/v2/spaces", 404),
        ("POST", "/api/v1/spaces", 405),
    ],
)
def test_errors_are_problems_with_a_remedy(
    client: FlaskClient, document: Any, method: str, address: str, status: int
) -> None:
    answer = client.open(address, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    check(document, "Problem", answer.get_json(force=True))


def test_when_the_database_is_away_the_answer_says_when_to_come_again(
    client: FlaskClient, live: FakeLive, document: Any
) -> None:
    live.broken, live.trouble = True, ["the database does not answer"]
    answer = client.get(OCCUPANCY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    check(document, "Problem", answer.get_json(force=True))


@pytest.mark.parametrize(
    ("address", "calls"),
    [
        ("/", {"towns": 1, "overview": 1}),
        ("/spaces/wittenberge", {"space": 1}),
        ("/spaces/wittenberge/now.json", {"space": 1}),
        (OCCUPANCY, {"space": 1}),
        ("/api/v1/spaces", {"towns": 1}),
        ("/healthz", {}),
    ],
)
def test_each_answer_looks_into_the_database_a_fixed_number_of_times(
    client: FlaskClient, live: FakeLive, address: str, calls: dict[str, int]
) -> None:
    live.calls.clear()
    client.get(address)
    assert live.calls == calls
