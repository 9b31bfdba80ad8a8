"""Draws the charts of published reports, outside of requests: whatever draws them is large, and pages stay small."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.domain.errors import NotTrue
from hub.domain.statistics.printed import Report
from hub.statistics_ports import Picture, ReleaseStore

_log = logging.getLogger(__name__)

NONE: Final = Picture("none", "")
"""What a report has that has nothing to draw, so that it is not tried again."""


@dataclass(frozen=True, slots=True)
class DrawCharts:
    """Draws what is missing, one report after the other.

    Args:
        draw: returns the charts of a report.
    """

    reports: ReleaseStore
    draw: Callable[[Report], Sequence[Picture]]

    def run(self, now_us: int) -> int:
        """Draw; return of how many reports. One that can't be read keeps no other from being drawn."""
        drawn = 0
        for checksum in self.reports.without_pictures():
            try:
                report = self.reports.read(checksum)
            except NotTrue:
                _log.exception("no chart of report %s", checksum)
                continue
            if report is not None:
                self.reports.keep_pictures(checksum, self.draw(report) or (NONE,))
                drawn += 1
        return drawn
