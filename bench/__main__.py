"""Measure everything, or the parts that are named, print the table, write `bench/results.json` and the charts.

Parts that are not measured anew keep their figures, and the page says from when to when it was measured.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich import get_console
from rich.console import Console
from rich.table import Table

from bench import (
    agent,
    bookings,
    charts,
    doors,
    full_load,
    ingest,
    live,
    purge,
    report,
    revocation,
    startup,
    statistics,
)

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"


RESULTS = HERE / "results.json"
PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "ingest": ingest.measure,
    "edge_to_frame": lambda: live.measure(viewers=1, seconds=30),
    "viewers": lambda: live.measure(viewers=500, seconds=30),
    "agent": agent.measure,
    "doors": doors.measure,
    "revocation": revocation.measure,
    "bookings": bookings.measure,
    "full_load": full_load.measure,
    "purge": purge.measure,
    "statistics": statistics.measure,
    "startup": startup.measure,
}


def measure(console: Console, parts: list[str]) -> dict[str, Any]:
    """Run measurements, one after the other; return them with what was measured before of the others.

    Args:
        console: is told what is being done.
        parts: keys of `PARTS`; what was never measured yet is left out.
    """
    before: dict[str, Any] = {}
    if set(parts) != set(PARTS):
        before = json.loads(RESULTS.read_text(encoding="utf-8"))
    results: dict[str, Any] = {
        "measured_at": before.get("measured_at", {}),
        "machine": {
            "cpus": psutil.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }
    for name, step in PARTS.items():
        if name not in parts:
            if name in before:
                results[name] = before[name]
            continue
        with console.status(f"measuring: {name}"):
            results[name] = step()
        results["measured_at"][name] = datetime.now(UTC).isoformat(timespec="seconds")
        console.print(f"measured: {name}")
    return results


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}; all without one")
    parts = parser.parse_args().parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    # The one that progress bars of parts use, too: two would write over each other.
    console = get_console()
    results = measure(console, parts)
    table = Table(
        "what",
        "measured",
        "beside",
        title=f"{results['machine']['cpus']} cores, Python {results['machine']['python']}",
    )
    for row in report.rows(results):
        table.add_row(*row)
    console.print(table)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    charts.draw(results, DOCS / "images")
    report.write_page(results, DOCS / "explanation" / "performance.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
