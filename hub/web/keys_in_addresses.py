"""Keys in addresses: whole numbers that a database can hold; beyond them nothing is kept at any address."""

from typing import Any, Final

from werkzeug.routing import IntegerConverter, Map

MAX_KEY: Final = 2**63 - 1


class KeyConverter(IntegerConverter):
    """`<int:…>` of every address of the application."""

    def __init__(self, map: Map, *, max: int = MAX_KEY, **options: Any) -> None:  # noqa: A002 - werkzeug's names
        super().__init__(map, max=max, **options)
