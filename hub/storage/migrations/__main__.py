"""Writes the next migration for a developer: `python -m hub.storage.migrations "desks have a height"`.

It brings an empty SQLite to the newest revision, compares it with the tables in the code and writes what differs as a
new module here, for reading and completing by hand (data, CHECK constraints: Alembic does not compare those).
"""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import BigInteger
from sqlalchemy.sql.type_api import TypeEngine

from hub.storage.engine import make_engine
from hub.storage.schema import configuration, migrate
from hub.storage.types import CheckedType

_REMARK = re.compile(r"\n    # ###.*")


def _render(kind: str, thing: Any, _context: object) -> str | bool:
    """Write our own types as what they are stored as: a migration never imports our code, which moves on."""
    if kind == "type" and isinstance(thing, CheckedType):
        return "sa." + ("BigInteger()" if isinstance(thing.impl_instance, BigInteger) else "Text()")
    if kind == "type" and isinstance(thing, TypeEngine) and "sqlite" in thing._variant_mapping:  # noqa: SLF001  (there is no other way to ask)
        return "KEY"
    return False


def main(message: str) -> None:
    """Write the module and print its path."""
    folder = Path(__file__).parent / "versions"
    number = f"{len(list(folder.glob('[0-9]*.py'))) + 1:04}"
    with tempfile.TemporaryDirectory() as scratch:
        engine = make_engine(f"sqlite:///{scratch}/empty.db")
        migrate(engine)
        with engine.connect() as connection:
            config = configuration(connection)
            config.attributes["render_item"] = _render
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            script = command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    if script is not None and not isinstance(script, list):
        path = Path(script.path)
        path.write_text(_REMARK.sub("", path.read_text("utf-8")), "utf-8")
        print(path)


if __name__ == "__main__":
    main(sys.argv[1])
