"""What the OpenAPI document promises holds for every request that schemathesis thinks of: valid, wrong and absurd ones.

No answer is a fault of ours (5xx), none has a status or a media type that the document does not name, and each is of
its schema. `ANKERORT_API_EXAMPLES=200` with `-o timeout=3000` asks more; what is found is told with the request.
"""

import os
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Any, Final

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.domain.tariffs import Tariff, TariffKind
from tests.hub.api.programs import Program
from tests.hub.bookings.world import A, B, BookingWorld
from tests.hub.desks.world import CLI, SPACE

EXAMPLES: Final = int(os.environ.get("ANKERORT_API_EXAMPLES", "3"))
"""Requests of each view, for each of valid and wrong ones."""
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def known(world: BookingWorld, jo: Program) -> dict[str, list[Any]]:
    """Values by the names that parameters and fields have: of things that are there."""
    world.passes.save_tariff(SPACE, Tariff("tag", "Tag", TariffKind.DAY, units=1), CLI, world.now_us)
    held = [world.passes.sell(SPACE, world.jo, "tag", None, CLI, world.now_us).held.pk for _ in range(3)]
    bookings = [
        jo.book(starts_at=f"2026-11-19T{hour:02}:00:00Z", ends_at=f"2026-11-19T{hour + 1:02}:00:00Z").json[
            "id"
        ]  # type: ignore[index]
        for hour in range(8, 14)
    ]
    weekly = {
        "space": SPACE, "desk": B, "frequency": "weekly", "weekdays": ["thu"], "first": "2026-11-26",
        "last": "2026-12-31", "starts": "09:00", "ends": "12:00",
    }  # fmt: skip
    series = jo("POST", "/api/v1/series", weekly).json["id"]  # type: ignore[index]
    return {
        "space": [SPACE],
        "desk": [A, B],
        "desks": [[A], []],
        "tariff": ["tag"],
        "booking_id": bookings,
        "series_id": [series],
        "number": [world.jo, *held],
        "member": [world.jo, world.mia],
        "starts_at": ["2026-11-20T08:00:00Z"],
        "ends_at": ["2026-11-20T09:00:00Z", "2026-11-20T12:00:00Z"],
        "from": ["2026-11-18T08:00:00Z"],
        "to": ["2026-11-25T08:00:00Z"],
        "first": ["2026-11-19", "2026-11-26"],
        "last": ["2026-11-26", "2026-12-31"],
        "day": ["2026-11-17"],
        "valid_from": ["2026-11-18"],
        "version": [1, 2],
        "reason": ["am Telefon"],
        "note": ["Lampe"],
    }


@pytest.fixture
def tokens(program: Callable[..., Program], world: BookingWorld) -> list[dict[str, str]]:
    """Headers of all kinds of programs, of one whose token is none, and of one without."""
    jo, host, manager, other = program(world.jo), program(account=1), program(account=2), program(account=3)
    holders = (jo, manager, host, manager, jo, host, other)
    return [*(one.headers for one in holders), {"Authorization": "Bearer ankerort_x"}, {}]


def test_whatever_is_asked_is_answered_as_the_document_says(
    app: Flask, known: dict[str, list[Any]], tokens: list[dict[str, str]]
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    # Who asks is our choice.
    schema.config.generation.with_security_parameters = False
    wrong, turns = dict[str, str](), count()

    def ask(operation: Any, cases: Any, data: st.DataObject) -> None:
        case, turn = data.draw(cases), next(turns)
        # Most requests are about what is there, so that more than "not found" is answered.
        if turn % 4:
            for part in (case.path_parameters, case.query, case.body):
                _fill(part, known, turn)
        response = case.call(headers=tokens[turn % len(tokens)])
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as found:
            wrong.update({f"{operation.label}: {one.title}": str(found) for one in found.exceptions})

    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    for operation in operations:
        _often(partial(ask, operation, operation.as_strategy(generation_mode=GenerationMode.POSITIVE)))
        # An address alone can't be wrong: any text is one.
        if operation.query or operation.headers or operation.body:
            _often(partial(ask, operation, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)))
    assert wrong == {}
    assert len(operations) > 25


def _often(ask: Callable[[st.DataObject], None]) -> None:
    """Ask with other data each time, which are the same in every run."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        ask(data)

    run()


def _fill(part: Any, known: dict[str, list[Any]], turn: int) -> None:
    if isinstance(part, dict):
        for name, value in part.items():
            if name in known:
                part[name] = known[name][turn // 4 % len(known[name])]
            else:
                _fill(value, known, turn)
    elif isinstance(part, list):
        for one in part:
            _fill(one, known, turn)
