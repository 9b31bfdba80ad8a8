"""Compiled templates, kept from one application of a test process to the next."""

from typing import TYPE_CHECKING, Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

if TYPE_CHECKING:
    from types import CodeType


class _InMemory(BytecodeCache):
    """What Jinja compiled, by name and file; a template that was changed meanwhile is compiled anew."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.checksum, bucket.code


_KEPT: Final = _InMemory()


def keep_compiled(app: Flask) -> Flask:
    """Let an application share compiled templates with the others of this process: a test makes a new one each."""
    app.jinja_env.bytecode_cache = _KEPT
    return app
