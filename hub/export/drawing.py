"""A process of its own that makes one file with charts, so that what draws them stays out of web workers.

`python -m hub.export.drawing FORMAT LANGUAGE` reads a report from its input, as it is frozen, tells each step as `3/12`
on its error output, and writes the file to its output.
"""

import os
import sys

from hub.domain.statistics.frozen import from_text
from hub.export.report_files import Format, report_files

_NICE = 10


def main() -> None:
    """Make the file."""
    wanted, language = sys.argv[1:]
    # Pages come first.
    os.nice(_NICE)
    report = from_text(sys.stdin.buffer.read().decode("utf-8"))
    (body,) = report_files(report, Format(wanted), language, _tell).values()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _tell(done: int, count: int) -> None:
    sys.stderr.write(f"{done}/{count}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
