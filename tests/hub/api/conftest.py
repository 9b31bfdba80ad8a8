"""The application on a real database with two spaces, programs with tokens, and the document to check answers by."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from hub import desks
from hub.bootstrap import live_queries
from hub.domain.tokens import Scope
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from hub.web.app import close_streams, create_app
from tests.hub.api.programs import Clock, Program
from tests.hub.bookings.world import BookingWorld
from tests.hub.desks.world import CLI
from tests.parts.templates import keep_compiled


@pytest.fixture
def world(sqlite_engine: Engine) -> BookingWorld:
    made = BookingWorld(sqlite_engine)
    made.set_up()
    return made


@pytest.fixture
def app(world: BookingWorld) -> Iterator[Flask]:
    database, clock = UnitFactory(world.engine), Clock(world)
    made = create_app(
        live=live_queries(database),
        wakeups=SpaceBells(),
        clock=clock,
        access=desks.access(database, clock),
    )
    yield keep_compiled(made)
    close_streams(made)


@pytest.fixture
def program(app: Flask, world: BookingWorld) -> Callable[..., Program]:
    """A function that gives a program a token: of a member or an account, with all scopes or some."""

    def make(
        member: int | None = None, account: int | None = None, scopes: frozenset[Scope] = frozenset(Scope)
    ) -> Program:
        desk = desks.token_desk(UnitFactory(world.engine))
        _, text = desk.create("Probe", scopes, (member, account), None, CLI, world.now_us)
        return Program(app.test_client(), text)

    return make


@pytest.fixture
def jo(program: Callable[..., Program], world: BookingWorld) -> Program:
    return program(world.jo)


@pytest.fixture
def host(program: Callable[..., Program]) -> Program:
    return program(account=1)


@pytest.fixture
def manager(program: Callable[..., Program]) -> Program:
    return program(account=2)


@pytest.fixture
def check(app: Flask) -> Callable[[str, TestResponse], Any]:
    """A function that checks an answer against a schema of the document, and gives it."""
    document = app.test_client().get("/api/openapi.json").json
    schemas = copy.deepcopy(document["components"]["schemas"])  # type: ignore[index]
    for schema in schemas.values():
        schema["additionalProperties"] = False

    def compare(name: str, response: TestResponse) -> Any:
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        jsonschema.validate(response.json, schema, cls=jsonschema.Draft202012Validator)
        return response.json

    return compare
