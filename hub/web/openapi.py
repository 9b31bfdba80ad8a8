"""The description of the API: made from the types of its answers and the words of its views."""

from importlib.metadata import version
from typing import Any

from flask import Flask
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter import get_msgspec_model_adapter
from spectree.models import SecureType, SecuritySchemeData

from hub.web.api_models import Problem

openapi = SpecTree(
    "flask",
    model_adapter=get_msgspec_model_adapter(),
    title="Ankerort",
    description="Desks of coworking spaces in small towns: how they are used, and bookings of them.",
    version=version("ankerort"),
    # Where spectree would put its own pages; it leaves out routes that begin like this.
    path="api/openapi",
    mode="strict",
    # Viewers that can be had load their scripts from elsewhere or need inline ones: `/api/docs` is a page of our own.
    page_templates={},
    annotations=False,
    validation_error_model=Problem,
    validation_error_status=503,
    naming_strategy=lambda model: model.__name__.removesuffix("Out"),
    nested_naming_strategy=lambda _, name: name.removesuffix("Out"),
    security_schemes=[
        SecurityScheme(
            name="token",
            data=SecuritySchemeData(
                type=SecureType.HTTP,
                scheme="bearer",
                description="A token as `ankerort-hub token create` makes it.",
            ),
        )
    ],
)


def describe(app: Flask) -> None:
    """Make the description of an application's API; all its routes must be there."""
    openapi.app = app
    with app.app_context():
        _name_problems(openapi.spec)


def _name_problems(document: dict[str, Any]) -> None:
    """Give errors their own media type (RFC 9457), which spectree has no word for."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                if not status.startswith("2") and "application/json" in answer.get("content", {}):
                    answer["content"]["application/problem+json"] = answer["content"].pop("application/json")
