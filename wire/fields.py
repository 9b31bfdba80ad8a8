"""Ranges and forms of fields that messages share."""

from typing import Annotated, Final

from msgspec import Meta

MAX_WALL_US: Final = 253_402_300_799_999_999
"""Last microsecond of the year 9999, in which Python's datetime ends."""
MAX_SEQ: Final = 2**63 - 1
MAX_MONO_US: Final = 2**53
MAX_AGO_US: Final = 400 * 86_400 * 1_000_000
MAX_LOST_RANGES: Final = 64

Seq = Annotated[int, Meta(ge=1, le=MAX_SEQ)]
SeqOrZero = Annotated[int, Meta(ge=0, le=MAX_SEQ)]
WallUs = Annotated[int, Meta(ge=0, le=MAX_WALL_US)]
MonoUs = Annotated[int, Meta(ge=0, le=MAX_MONO_US)]
AgoUs = Annotated[int, Meta(ge=0, le=MAX_AGO_US)]
# No control characters: a NUL that a database refuses or a line feed that fakes a log line stops here.
TEXT_PATTERN: Final = r"^[^\x00-\x1f\x7f]*(?![\s\S])"
Text = Annotated[str, Meta(pattern=TEXT_PATTERN, max_length=200)]
BASE64_PATTERN: Final = r"^[A-Za-z0-9+/]+={0,2}(?![\s\S])"
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
