"""`ankerort-hub ingest`, killed at its first commit: `python -m tests.hub.ingest.dying_ingest before|after`."""

import os
import signal
import sys

from hub.cli import main
from hub.storage.event_log import SqlEventUnit

_commit = SqlEventUnit.commit


def _die_before(unit: SqlEventUnit) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_after(unit: SqlEventUnit) -> None:
    _commit(unit)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    setattr(SqlEventUnit, "commit", {"before": _die_before, "after": _die_after}[sys.argv[1]])  # noqa: B010
    main(["ingest"])
