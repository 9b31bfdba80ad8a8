"""Measure everything, print the table, write `bench/results.json` and the charts."""

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench import agent, charts, ingest, live, report, startup

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"


def measure(console: Console) -> dict[str, Any]:
    """Run every measurement, one after the other."""
    results: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": psutil.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }
    steps = [
        ("ingest", ingest.measure),
        ("edge_to_frame", lambda: live.measure(viewers=1, seconds=30)),
        ("viewers", lambda: live.measure(viewers=500, seconds=30)),
        ("agent", agent.measure),
        ("startup", startup.measure),
    ]
    for name, step in steps:
        with console.status(f"measuring: {name}"):
            results[name] = step()
        console.print(f"measured: {name}")
    return results


def main() -> int:
    """Measure, print and write."""
    console = Console()
    results = measure(console)
    table = Table(
        "what",
        "measured",
        "beside",
        title=f"{results['machine']['cpus']} cores, Python {results['machine']['python']}",
    )
    for row in report.rows(results):
        table.add_row(*row)
    console.print(table)
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    charts.draw(results, DOCS / "images")
    report.write_page(results, DOCS / "explanation" / "performance.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
